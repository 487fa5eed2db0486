import { parseSdJwt } from '@pass/credentials'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Desk, startDesk } from './testing/desk.ts'
import {
  copiesIn,
  createTestHolder,
  newKey,
  newKeys,
  type TestHolder,
  type TestKey,
} from './testing/holder.ts'

let desk: Desk
let holder: TestHolder
beforeAll(async () => {
  desk = await startDesk()
  holder = await createTestHolder(desk)
})
afterAll(() => desk?.close())

const signedIn = async () => {
  const { id } = await desk.signedIn('veterans', 'resident', await desk.resident())
  return holder.tokenFor(id)
}

const ask = async (proofs: unknown, token?: string) => {
  const sent = { credential_configuration_id: 'resident', proofs }
  const { status, body } = await holder.credential(token ?? (await signedIn()), sent)
  return status === 200
    ? { status, keys: copiesIn(body).map((copy) => parseSdJwt(copy).payload['cnf']) }
    : { status, error: body.error }
}

const bound = (keys: TestKey[]) => keys.map(({ jwk }) => ({ jwk }))
const refused = (error: string) => ({ status: 400, error })

describe('proofs of the type jwt', () => {
  test.each<[string, Parameters<TestHolder['proof']>[1], string]>([
    ['another typ', { header: { typ: 'JWT' } }, 'invalid_proof'],
    ['a critical extension', { header: { crit: ['x'], x: 1 } }, 'invalid_proof'],
    ['a certificate in place of a key', { header: { jwk: undefined, x5c: ['MIIB'] } }, 'invalid_proof'],
    ['no key', { header: { jwk: undefined } }, 'invalid_proof'],
    ['a key by two names', { header: { kid: 'did:jwk:abc' } }, 'invalid_proof'],
    ['another audience', { payload: { aud: 'https://elsewhere.test' } }, 'invalid_proof'],
    ['no audience', { payload: { aud: undefined } }, 'invalid_proof'],
    ['no nonce', { payload: { nonce: undefined } }, 'invalid_proof'],
    ['a nonce of another maker', { payload: { nonce: crypto.randomUUID() } }, 'invalid_nonce'],
    ['a nonce that is a number', { payload: { nonce: 7 } }, 'invalid_nonce'],
    ['no time', { payload: { iat: undefined } }, 'invalid_proof'],
    ['a time two days off', { payload: { iat: 1_000_000 } }, 'invalid_proof'],
    ['another client', { payload: { iss: 'https://other-wallet.test' } }, 'invalid_proof'],
    ['a client that is a list', { payload: { iss: ['https://wallet.test'] } }, 'invalid_proof'],
    ['an attestation that is no text', { header: { key_attestation: {} } }, 'invalid_proof'],
    ['an attestation that is no JWT', { header: { key_attestation: 'x' } }, 'invalid_proof'],
  ])('with %s are refused', async (_case, changes, error) => {
    // jose refuses to sign for an extension that it does not know.
    if (changes?.header && 'crit' in changes.header) {
      const [, ...rest] = (await holder.proof(await newKey())).split('.')
      const header = {
        typ: 'openid4vci-proof+jwt',
        alg: 'ES256',
        jwk: (await newKey()).jwk,
        ...changes.header,
      }
      const jwt = [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.')
      expect(await ask({ jwt: [jwt] })).toEqual(refused(error))
      return
    }
    const good = await holder.proof(await newKey())
    expect(await ask({ jwt: [good, await holder.proof(await newKey(), changes)] })).toEqual(refused(error))
  })

  test('may name the client that the token was given to', async () => {
    const key = await newKey()
    const jwt = await holder.proof(key, { payload: { iss: 'https://wallet.test' } })
    expect(await ask({ jwt: [jwt] })).toEqual({ status: 200, keys: bound([key]) })
  })

  test('may name their key by did:jwk', async () => {
    const key = await newKey()
    const kid = `did:jwk:${Buffer.from(JSON.stringify(key.jwk)).toString('base64url')}#0`
    const jwt = await holder.proof(key, { header: { jwk: undefined, kid } })
    expect(await ask({ jwt: [jwt] })).toEqual({ status: 200, keys: bound([key]) })
  })

  test('with a broken signature, or one by another key, are refused', async () => {
    const [header, payload, signature = ''] = (await holder.proof(await newKey())).split('.')
    const broken = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    expect(await ask({ jwt: [[header, payload, broken].join('.')] })).toEqual(refused('invalid_proof'))
    const other = await holder.proof(await newKey(), { header: { jwk: (await newKey()).jwk } })
    expect(await ask({ jwt: [other] })).toEqual(refused('invalid_proof'))
  })

  test('with a nonce that is too old, or of another issuer, ask for another nonce', async () => {
    const key = await newKey()
    const elsewhere = await (await createTestHolder(desk, 'families')).nonce()
    expect(await ask({ jwt: [await holder.proof(key, { payload: { nonce: elsewhere } })] })).toEqual(
      refused('invalid_nonce'),
    )
    const nonce = await holder.nonce()
    desk.advance(301)
    const old = await holder.proof(key, { payload: { nonce } })
    expect(await ask({ jwt: [old] })).toEqual(refused('invalid_nonce'))
  })

  test.each([
    ['none', undefined, 'invalid_proof'],
    ['an empty object', {}, 'invalid_proof'],
    ['a list', ['x'], 'invalid_credential_request'],
    ['an empty list of them', { jwt: [] }, 'invalid_proof'],
    ['a text in place of a list', { jwt: 'x' }, 'invalid_proof'],
    ['numbers', { jwt: [7] }, 'invalid_proof'],
    ['another type', { di_vp: ['x'] }, 'invalid_proof'],
    ['two types at once', { jwt: ['x'], attestation: ['x'] }, 'invalid_proof'],
    ['what is no JWT', { jwt: ['a.b'] }, 'invalid_proof'],
    ['a very long one', { jwt: ['a'.repeat(20_000)] }, 'invalid_proof'],
  ])('that are %s are refused', async (_case, proofs, error) => {
    expect(await ask(proofs)).toEqual(refused(error))
  })

  test('are ten at most, each for a key of its own', async () => {
    const keys = await newKeys(11)
    const jwt = await Promise.all(keys.map((key) => holder.proof(key)))
    expect(await ask({ jwt })).toEqual(refused('invalid_credential_request'))
    expect(await ask({ jwt: [jwt[0], jwt[0]] })).toEqual(refused('invalid_proof'))
    const again = await holder.proof(keys[0]!)
    expect(await ask({ jwt: [jwt[0], again] })).toEqual(refused('invalid_proof'))
    expect(await ask({ jwt: jwt.slice(1) })).toEqual({ status: 200, keys: bound(keys.slice(1)) })
  })
})

describe('proofs that carry a key attestation', () => {
  test('bring a copy for each of the attested keys', async () => {
    const keys = await newKeys(4)
    const key_attestation = await holder.attestation(keys)
    const jwt = await holder.proof(keys[1]!, { header: { key_attestation } })
    const { status, keys: got } = await ask({ jwt: [jwt] })
    expect(status).toBe(200)
    expect(got).toEqual(bound([keys[1]!, keys[0]!, keys[2]!, keys[3]!]))
  })

  test('of ten keys that all carry the same one bring ten copies', async () => {
    const keys = await newKeys(10)
    const key_attestation = await holder.attestation(keys)
    const jwt = await Promise.all(keys.map((key) => holder.proof(key, { header: { key_attestation } })))
    expect(await ask({ jwt })).toEqual({ status: 200, keys: bound(keys) })
  })

  test('may name their key by its place in it', async () => {
    const keys = await newKeys(2)
    const header = { jwk: undefined, kid: '1', key_attestation: await holder.attestation(keys) }
    const { keys: got } = await ask({ jwt: [await holder.proof(keys[1]!, { header })] })
    expect(got).toEqual(bound([keys[1]!, keys[0]!]))
    const beyond = await holder.proof(keys[1]!, { header: { ...header, kid: '2' } })
    expect(await ask({ jwt: [beyond] })).toEqual(refused('invalid_proof'))
    const swapped = await holder.proof(keys[0]!, { header })
    expect(await ask({ jwt: [swapped] })).toEqual(refused('invalid_proof'))
  })

  test('are refused when their key is not among the attested ones', async () => {
    const key_attestation = await holder.attestation(await newKeys(2))
    const jwt = await holder.proof(await newKey(), { header: { key_attestation } })
    expect(await ask({ jwt: [jwt] })).toEqual(refused('invalid_proof'))
  })

  test.each([
    ['nobody vouches for', { payload: { iss: 'nobody' } }, 'invalid_proof'],
    ['never expires', { payload: { exp: undefined } }, 'invalid_proof'],
    ['has no nonce', { payload: { nonce: undefined } }, 'invalid_proof'],
    ['has an old nonce', { payload: { nonce: 'old' } }, 'invalid_nonce'],
  ])('are refused when it %s', async (_case, changes, error) => {
    const key = await newKey()
    const key_attestation = await holder.attestation([key], changes)
    expect(await ask({ jwt: [await holder.proof(key, { header: { key_attestation } })] })).toEqual(
      refused(error),
    )
  })

  test('are refused when several attest more than ten keys', async () => {
    const [one, two] = [await newKeys(6), await newKeys(6)]
    const jwt = await Promise.all(
      [one, two].map(async (keys) =>
        holder.proof(keys[0]!, { header: { key_attestation: await holder.attestation(keys) } }),
      ),
    )
    expect(await ask({ jwt })).toEqual(refused('invalid_credential_request'))
  })
})

describe('a proof of the type attestation', () => {
  test('brings a copy for each attested key, none of which signed anything', async () => {
    const keys = await newKeys(5)
    expect(await ask({ attestation: [await holder.attestation(keys)] })).toEqual({
      status: 200,
      keys: bound(keys),
    })
  })

  test('brings the same copies as proofs by the same keys', async () => {
    const token = await signedIn()
    const keys = await newKeys(2)
    const sent = (proofs: unknown) =>
      holder.credential(token, { credential_configuration_id: 'resident', proofs })
    const first = await sent({ attestation: [await holder.attestation(keys)] })
    const jwt = await Promise.all(keys.map((key) => holder.proof(key)))
    expect((await sent({ jwt })).body).toEqual(first.body)
  })

  test.each<[string, Parameters<TestHolder['attestation']>[1], string]>([
    ['nobody vouches for', { payload: { iss: 'nobody' } }, 'invalid_proof'],
    ['has no nonce', { payload: { nonce: undefined } }, 'invalid_proof'],
    ['has an old nonce', { payload: { nonce: 'old' } }, 'invalid_nonce'],
  ])('is refused when it %s', async (_case, changes, error) => {
    const attestation = [await holder.attestation(await newKeys(1), changes)]
    expect(await ask({ attestation })).toEqual(refused(error))
  })

  test('stands alone, and is a text', async () => {
    const one = await holder.attestation(await newKeys(1))
    expect(await ask({ attestation: [one, one] })).toEqual(refused('invalid_proof'))
    expect(await ask({ attestation: [] })).toEqual(refused('invalid_proof'))
    expect(await ask({ attestation: [7] })).toEqual(refused('invalid_proof'))
    expect(await ask({ attestation: one })).toEqual(refused('invalid_proof'))
    expect(await ask({ attestation: [await holder.attestation(await newKeys(11))] })).toEqual(
      refused('invalid_credential_request'),
    )
  })
})
