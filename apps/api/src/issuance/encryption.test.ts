import { deflateRawSync } from 'node:zlib'
import { CompactEncrypt, exportJWK, generateKeyPair, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRequestKeys } from './request-keys.ts'
import { type Desk, startDesk } from './testing/desk.ts'
import {
  answerKey,
  copiesIn,
  createTestHolder,
  encrypted,
  newKeys,
  type TestHolder,
} from './testing/holder.ts'

let desk: Desk
let holder: TestHolder
beforeAll(async () => {
  desk = await startDesk()
  holder = await createTestHolder(desk)
})
afterAll(() => desk?.close())

async function signedIn() {
  const { id } = await desk.signedIn('veterans', 'resident', await desk.resident())
  return holder.tokenFor(id)
}

const request = async (more: Record<string, unknown> = {}) =>
  holder.request(await newKeys(2), { credential_configuration_id: 'resident', ...more })

describe('an encrypted request', () => {
  test.each(['A128GCM', 'A256GCM'])('with %s is read as one in the open', async (enc) => {
    const token = await signedIn()
    const answer = await holder.post(
      'credential',
      token,
      await holder.encrypt(await request(), { enc }),
      encrypted,
    )
    expect(answer.status).toBe(200)
    expect(copiesIn(answer.body)).toHaveLength(2)
  })

  test('is answered encrypted when it asks for that, to its key and by its algorithm', async () => {
    for (const enc of ['A128GCM', 'A256GCM']) {
      const key = await answerKey()
      const wish = { credential_response_encryption: { jwk: key.jwk, enc } }
      const answer = await holder.post(
        'credential',
        await signedIn(),
        await holder.encrypt(await request(wish)),
        encrypted,
      )
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('application/jwt')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      const { header, body } = await key.open(answer.text)
      expect(header).toMatchObject({ alg: 'ECDH-ES', enc, kid: 'answers-1' })
      expect(header).not.toHaveProperty('zip')
      expect(Object.keys(body).sort()).toEqual(['credentials', 'notification_id'])
    }
  })

  test('that allows compression is answered without it', async () => {
    const key = await answerKey()
    const wish = { credential_response_encryption: { jwk: key.jwk, enc: 'A128GCM', zip: 'DEF' } }
    const body = await holder.encrypt(await request(wish))
    const answer = await holder.post('credential', await signedIn(), body, encrypted)
    expect((await key.open(answer.text)).header).not.toHaveProperty('zip')
  })

  test('may be repeated with another key for the answer: the copies are the same', async () => {
    const token = await signedIn()
    const keys = await newKeys(2)
    const ask = async () => {
      const key = await answerKey()
      const body = await holder.request(keys, {
        credential_configuration_id: 'resident',
        credential_response_encryption: { jwk: key.jwk, enc: 'A256GCM' },
      })
      const answer = await holder.post('credential', token, await holder.encrypt(body), encrypted)
      return (await key.open(answer.text)).body
    }
    expect(await ask()).toEqual(await ask())
  })

  test.each<[string, () => Promise<string>]>([
    ['to a key of somebody else', async () => toAnotherKey({})],
    ['to a key of somebody else under our kid', async () => toAnotherKey({ kid: await ourKid() })],
    ['under an unknown kid', async () => holder.encrypt(await request(), { kid: 'other' })],
    ['without a kid', async () => holder.encrypt(await request(), { kid: undefined })],
    [
      'with another content encryption',
      async () => holder.encrypt(await request(), { enc: 'A128CBC-HS256' }),
    ],
    ['with another key agreement', async () => holder.encrypt(await request(), { alg: 'ECDH-ES+A128KW' })],
    ['to the key of another issuer', async () => toFamilies()],
    ['compressed, small, and large when unfolded', async () => bomb()],
    ['in the open under the type of an encrypted one', async () => JSON.stringify(await request())],
    ['with nothing in it', async () => ''],
    ['that are four dots', async () => '....'],
  ])('%s is refused, in the open', async (_case, make) => {
    const token = await signedIn()
    const answer = await holder.post('credential', token, await make(), encrypted)
    expect([answer.status, answer.body?.error]).toEqual([400, 'invalid_encryption_parameters'])
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect((await holder.credential(token, await request())).status).toBe(200)
  })

  test('that holds no object is an invalid credential request', async () => {
    for (const content of [[], 'x', null, 7]) {
      const { body } = await holder.post(
        'credential',
        await signedIn(),
        await holder.encrypt(content),
        encrypted,
      )
      expect(body.error).toBe('invalid_credential_request')
    }
  })

  test('whose content is refused is refused in the open, by the code of the fault', async () => {
    const key = await answerKey()
    const wish = { credential_response_encryption: { jwk: key.jwk, enc: 'A256GCM' } }
    for (const [more, error] of [
      [{ credential_configuration_id: 'pilot' }, 'unknown_credential_configuration'],
      [
        { credential_configuration_id: undefined, credential_identifier: 'x' },
        'unknown_credential_identifier',
      ],
    ] as const) {
      const body = await holder.encrypt(await request({ ...wish, ...more }))
      const answer = await holder.post('credential', await signedIn(), body, encrypted)
      expect([answer.status, answer.body]).toEqual([400, { error, error_description: expect.any(String) }])
    }
  })
})

describe('a wish for an encrypted answer', () => {
  test('in a request in the open is refused, since anybody on the way could have put the key there', async () => {
    const key = await answerKey()
    const wish = { credential_response_encryption: { jwk: key.jwk, enc: 'A256GCM' } }
    const { status, body } = await holder.credential(await signedIn(), await request(wish))
    expect([status, body]).toEqual([
      400,
      { error: 'invalid_encryption_parameters', error_description: expect.any(String) },
    ])
  })

  test.each<[string, (wish: Record<string, unknown>) => unknown]>([
    [
      'an algorithm that nobody knows',
      ({ jwk, ...w }) => ({ ...w, jwk: { ...Object(jwk), alg: 'UNSUPPORTED_ALG' } }),
    ],
    ['no algorithm', ({ jwk, ...w }) => ({ ...w, jwk: { ...Object(jwk), alg: undefined } })],
    ['no key', ({ jwk: _, ...w }) => w],
    ['a private key', ({ jwk, ...w }) => ({ ...w, jwk: { ...Object(jwk), d: 'x' } })],
    ['a key for signatures', ({ jwk, ...w }) => ({ ...w, jwk: { ...Object(jwk), use: 'sig' } })],
    ['another curve', ({ jwk, ...w }) => ({ ...w, jwk: { ...Object(jwk), crv: 'P-384' } })],
    ['a kid that is a number', ({ jwk, ...w }) => ({ ...w, jwk: { ...Object(jwk), kid: 7 } })],
    ['a long kid', ({ jwk, ...w }) => ({ ...w, jwk: { ...Object(jwk), kid: 'k'.repeat(300) } })],
    ['another encryption', (w) => ({ ...w, enc: 'A128CBC-HS256' })],
    ['no encryption', ({ enc: _, ...w }) => w],
    ['a name that every object has', (w) => ({ ...w, enc: 'toString' })],
    ['another compression', (w) => ({ ...w, zip: 'GZ' })],
    ['a text in place of an object', () => 'please'],
    ['null', () => null],
    ['a list', (w) => [w]],
  ])('with %s is refused, and nothing is issued', async (_case, change) => {
    const { jwk } = await answerKey()
    const wish = { credential_response_encryption: change({ jwk, enc: 'A256GCM' }) }
    const token = await signedIn()
    const answer = await holder.post(
      'credential',
      token,
      await holder.encrypt(await request(wish)),
      encrypted,
    )
    expect([answer.status, answer.body?.error]).toEqual([400, 'invalid_encryption_parameters'])
    expect((await holder.credential(token, await request())).status).toBe(200)
  })

  test('with a point that is off the curve is refused', async () => {
    const { jwk } = await answerKey({ x: 'A'.repeat(43), y: 'A'.repeat(43) })
    const wish = { credential_response_encryption: { jwk, enc: 'A256GCM' } }
    const token = await signedIn()
    const answer = await holder.post(
      'credential',
      token,
      await holder.encrypt(await request(wish)),
      encrypted,
    )
    expect([answer.status, answer.body?.error]).toEqual([400, 'invalid_encryption_parameters'])
    expect((await holder.credential(token, await request())).status).toBe(200)
  })
})

describe('the key that requests are encrypted to', () => {
  const WEEK = 7 * 86_400

  const mac = (data: string) => desk.context.agent.mac('requestEncryption', data)

  test('is the same in every process, another for each issuer, and never the one of another city', () => {
    const [one, two] = [
      createRequestKeys({ mac, clock: desk.clock }),
      createRequestKeys({ mac, clock: desk.clock }),
    ]
    expect(one.current('veterans')).toEqual(two.current('veterans'))
    expect(one.current('families').kid).not.toBe(one.current('veterans').kid)
    expect(one.find('families', one.current('veterans').kid)).toBeUndefined()
    expect(one.find('veterans', undefined)).toBeUndefined()
    expect(one.current('veterans')).not.toHaveProperty('d')
  })

  test('is replaced each week, and counts for another', () => {
    let now = 0
    const keys = createRequestKeys({ mac, clock: () => new Date(now * 1000) })
    const { kid } = keys.current('veterans')
    now += WEEK - 1
    expect(keys.current('veterans').kid).toBe(kid)
    now += 1
    const next = keys.current('veterans').kid
    expect(next).not.toBe(kid)
    now += WEEK - 1
    expect(keys.find('veterans', kid)).toBeDefined()
    now += 1
    expect(keys.find('veterans', kid)).toBeUndefined()
    expect(keys.find('veterans', next)).toBeDefined()
  })

  test('takes the next scalar when one is beyond the order of the curve', () => {
    const keys = createRequestKeys({
      mac: (data) => (data.endsWith('.0') ? 'f'.repeat(64) : mac(data)),
      clock: desk.clock,
    })
    expect(keys.find('veterans', keys.current('veterans').kid)).toHaveLength(32)
  })
})

const ourKid = async () => (await holder.metadata()).credential_request_encryption.jwks.keys[0].kid as string

async function toAnotherKey(header: Record<string, unknown>): Promise<string> {
  const { publicKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true })
  return new CompactEncrypt(Buffer.from(JSON.stringify(await request())))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', ...header })
    .encrypt(await importJWK(await exportJWK(publicKey), 'ECDH-ES'))
}

async function toFamilies(): Promise<string> {
  const other = await createTestHolder(desk, 'families')
  return other.encrypt(await request())
}

/** A few hundred bytes that unfold into ten megabytes. */
async function bomb(): Promise<string> {
  const [jwk] = (await holder.metadata()).credential_request_encryption.jwks.keys
  const packed = deflateRawSync(Buffer.alloc(10_000_000, 'x'))
  // jose no longer compresses by itself in all versions: what matters is the header that says so.
  return new CompactEncrypt(packed)
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: jwk.kid })
    .encrypt(await importJWK(jwk, 'ECDH-ES'))
    .then((jwe) => {
      const [header = '', ...rest] = jwe.split('.')
      const told = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), zip: 'DEF' }
      return [Buffer.from(JSON.stringify(told)).toString('base64url'), ...rest].join('.')
    })
}
