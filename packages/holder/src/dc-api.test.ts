import { compactDecrypt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Certified, createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { CITY, createPhone, type Phone } from './testing/phone.ts'
import { type Served, serve } from './testing/serve.ts'
import { createResponseKey, examine, hashIdOf } from './testing/verifier.ts'
import type { PresentOutcome } from './types.ts'

const ORIGIN = 'https://library.example'
const NONCE = 'n-0S6_WzA2Mj'

let served: Served
let authority: TestAuthority
let issuer: TestIssuer
let library: Certified
let phone: Phone
let key: Awaited<ReturnType<typeof createResponseKey>>

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
  const at = '/issuers/residents'
  issuer = createTestIssuer(served, await authority.certify('Residents', `${served.url}${at}`), at)
  library = await authority.certify('연수도서관', `${served.url}/verifiers/library`)
  key = await createResponseKey()
})
afterAll(() => served.stop())
beforeEach(async () => {
  phone = createPhone({ rootCertificates: [authority.root], authority: CITY })
  await phone.holder.receive(await phone.holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
})

const parameters = (more: object = {}) => ({
  response_type: 'vp_token',
  response_mode: 'dc_api.jwt',
  nonce: NONCE,
  dcql_query: {
    credentials: [
      {
        id: 'card',
        format: 'dc+sd-jwt',
        meta: { vct_values: [issuer.vct] },
        claims: [{ path: ['name_ko'] }],
      },
    ],
  },
  client_metadata: {
    jwks: { keys: [key.jwk] },
    encrypted_response_enc_values_supported: ['A256GCM', 'A128GCM'],
  },
  ...more,
})
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const sign = async (header: object, payload: string, by: Certified) => {
  const input = `${encode(header)}.${payload}`
  return `${input}.${Buffer.from(await by.sign(new TextEncoder().encode(input))).toString('base64url')}`
}
const signed = async (more: object = {}, by = library) => {
  const header = { typ: 'oauth-authz-req+jwt', alg: 'ES256', x5c: by.x5c }
  const payload = parameters({ client_id: hashIdOf(by), expected_origins: [ORIGIN], ...more })
  return {
    protocol: 'openid4vp-v1-signed',
    data: { request: await sign(header, encode(payload), by) },
    origin: ORIGIN,
  }
}
const multisigned = async (
  signers: { by: Certified; clientId?: string; spoil?: boolean }[],
  more: object = {},
) => {
  const payload = encode(parameters({ expected_origins: [ORIGIN], ...more }))
  const signatures = await Promise.all(
    signers.map(async ({ by, clientId = hashIdOf(by), spoil }) => {
      const [header = '', , signature = ''] = (
        await sign({ alg: 'ES256', x5c: by.x5c, client_id: clientId }, payload, by)
      ).split('.')
      return { protected: header, signature: spoil ? `${signature.slice(0, -8)}AAAAAAAA` : signature }
    }),
  )
  return { protocol: 'openid4vp-v1-multisigned', data: { request: { payload, signatures } }, origin: ORIGIN }
}
const unsigned = (more: object = {}) => ({
  protocol: 'openid4vp-v1-unsigned',
  data: parameters(more),
  origin: ORIGIN,
})
const opened = async ({ response }: PresentOutcome) => {
  const { plaintext, protectedHeader } = await compactDecrypt(response?.response ?? '', key.privateKey)
  const { vp_token: tokens, ...rest } = JSON.parse(new TextDecoder().decode(plaintext))
  const aud = `origin:${ORIGIN}`
  return {
    ...(await examine(tokens, { nonce: NONCE, aud, roots: [authority.root] })),
    rest,
    enc: protectedHeader.enc,
  }
}

describe('a web page that asks by the Digital Credentials API', () => {
  test('without signing is known by its address alone, and gets the response back', async () => {
    const preview = await phone.holder.readDcApiRequest(unsigned())
    expect(preview).toMatchObject({
      verifier: { name: 'library.example', host: 'library.example' },
      registered: false,
      sameDevice: true,
    })
    expect(preview.verifier).not.toHaveProperty('x509Hash')
    const before = phone.requests.length
    const { verdicts, rest, enc } = await opened(await phone.holder.present(preview))
    expect([verdicts['card']?.ok, rest, enc]).toEqual([true, {}, 'A256GCM'])
    expect(phone.requests).toHaveLength(before)
  })

  test('and signs is known by its certificate; the answer is made out to its origin all the same', async () => {
    const preview = await phone.holder.readDcApiRequest(await signed())
    expect(preview.verifier).toMatchObject({ name: '연수도서관', host: 'library.example' })
    const { verdicts, keyBindings } = await opened(await phone.holder.present(preview))
    expect(verdicts['card']?.ok).toBe(true)
    expect(keyBindings['card']).toMatchObject({ aud: `origin:${ORIGIN}`, nonce: NONCE })
  })

  test('and signs for several trust frameworks is known by the one that counts here', async () => {
    const stranger = await (await createTestAuthority('Stranger')).certify('Shop', served.url)
    for (const signers of [
      [{ by: stranger }, { by: library }],
      [{ by: library, clientId: 'x509_san_dns:localhost' }, { by: library }],
      [{ by: library, spoil: true }, { by: library }],
    ]) {
      const preview = await phone.holder.readDcApiRequest(await multisigned(signers))
      expect(preview.verifier.name).toBe('연수도서관')
    }
    const only = await multisigned([{ by: library }])
    const { verdicts } = await opened(await phone.holder.present(await phone.holder.readDcApiRequest(only)))
    expect(verdicts['card']?.ok).toBe(true)
  })

  test('gets a copy that is shown to nobody else', async () => {
    const hashes = []
    for (const nonce of ['one', 'two']) {
      const preview = await phone.holder.readDcApiRequest(unsigned({ nonce }))
      const { response } = (await phone.holder.present(preview)) as Required<PresentOutcome>
      const { plaintext } = await compactDecrypt(response.response, key.privateKey)
      hashes.push(JSON.parse(new TextDecoder().decode(plaintext)).vp_token.card[0].split('~')[0])
    }
    expect(new Set(hashes).size).toBe(2)
  })

  test('what an unsigned request says of its client and its origins is passed over', async () => {
    const preview = await phone.holder.readDcApiRequest(
      unsigned({ client_id: 'x509_hash:AAAA', expected_origins: ['https://other.example'], state: 's' }),
    )
    expect(preview.request.clientId).toBe(`origin:${ORIGIN}`)
    expect(preview.request.state).toBeUndefined()
  })

  test('declining sends nothing anywhere', async () => {
    const preview = await phone.holder.readDcApiRequest(unsigned())
    const before = phone.requests.length
    expect(await phone.holder.decline(preview)).toEqual({})
    expect(phone.requests).toHaveLength(before)
    expect((await phone.holder.activity())[0]).toMatchObject({
      kind: 'declined',
      party: { id: 'library.example' },
    })
  })
})

describe('is refused', () => {
  const refused = async (request: Parameters<typeof phone.holder.readDcApiRequest>[0], code: string) =>
    expect(phone.holder.readDcApiRequest(request)).rejects.toMatchObject({
      name: 'HolderError',
      code,
      shared: false,
    })

  test('a signed request that was made for another page', async () => {
    await refused(await signed({ expected_origins: ['https://evil.example'] }), 'verifier_untrusted')
    await refused(await signed({ expected_origins: [`${ORIGIN}/`] }), 'verifier_untrusted')
    await refused(
      await multisigned([{ by: library }], { expected_origins: ['https://evil.example'] }),
      'verifier_untrusted',
    )
  })

  test('a signed request that names no page', async () => {
    await refused(await signed({ expected_origins: undefined }), 'request_malformed')
    await refused(await signed({ expected_origins: [] }), 'request_malformed')
  })

  test('a signature that does not count', async () => {
    const stranger = await (await createTestAuthority('Stranger')).certify('Shop', served.url)
    await refused(await signed({}, stranger), 'verifier_untrusted')
    await refused(await signed({ client_id: 'x509_hash:AAAA' }), 'verifier_untrusted')
    const { data, ...request } = await signed()
    await refused(
      { ...request, data: { request: `${data.request.slice(0, -8)}AAAAAAAA` } },
      'verifier_untrusted',
    )
    await refused(await multisigned([{ by: library, spoil: true }, { by: stranger }]), 'verifier_untrusted')
  })

  test('a response that anyone could read', async () => {
    await refused(unsigned({ response_mode: 'dc_api' }), 'request_unsupported')
    await refused(unsigned({ response_mode: 'direct_post.jwt' }), 'request_unsupported')
  })

  test.each(['openid4vp', 'openid4vp-v2-signed', 'org-iso-mdoc', ''])(
    'the protocol "%s"',
    async (protocol) => {
      await refused({ ...unsigned(), protocol }, 'request_unsupported')
    },
  )

  test.each(['http://library.example', 'null', 'file://', `${ORIGIN}/`, ''])(
    'the origin "%s"',
    async (origin) => {
      const strict = createPhone({ rootCertificates: [authority.root] }, { allowInsecure: false })
      await expect(strict.holder.readDcApiRequest({ ...unsigned(), origin })).rejects.toMatchObject({
        code: 'insecure_address',
      })
    },
  )

  test('no nonce, an old request, and one larger than any', async () => {
    await refused(unsigned({ nonce: undefined }), 'request_malformed')
    await refused(await signed({ exp: 1_700_000_000 }), 'request_expired')
    await refused(unsigned({ padding: 'x'.repeat(300_000) }), 'too_large')
    await refused({ ...unsigned(), data: undefined }, 'request_malformed')
  })
})
