import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { browse, CITY, createPhone, type Phone } from './testing/phone.ts'
import { type Served, serve } from './testing/serve.ts'
import { createResponseKey, createTestVerifier, type TestVerifier } from './testing/verifier.ts'

/** Every code that a screen has a sentence for: `HolderErrorCode`. */
const CODES = new Set(
  `offer_malformed offer_unsupported offer_expired offer_already_used offer_locked tx_code_required tx_code_wrong
  issuer_malformed issuer_untrusted issuer_refused credential_invalid sign_in_cancelled sign_in_failed
  sign_in_unavailable not_in_register not_entitled issuer_suspended other_person sign_in_unknown sign_in_mixed_up
  sign_in_required wallet_unattested wallet_revoked request_malformed request_unsupported request_expired
  verifier_untrusted nothing_matches choice_invalid asked_elsewhere network insecure_address too_large busy
  server_error not_found storage`.split(/\s+/),
)
const RETURN = 'https://wallet.example/receive/return'
/** Each run is several requests over HTTP. */
const RUNS = { numRuns: 25 }

let served: Served
let authority: TestAuthority
let issuer: TestIssuer
let verifier: TestVerifier
let phone: Phone

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
  const at = '/issuers/residents'
  issuer = createTestIssuer(served, await authority.certify('Residents', `${served.url}${at}`), at, {
    signIn: true,
    scope: true,
    encryption: { enc: ['A256GCM'] },
  })
  const library = await authority.certify('연수도서관', `${served.url}/verifiers/library`)
  verifier = await createTestVerifier(served, library, [authority.root])
  phone = createPhone(
    { rootCertificates: [authority.root], authority: CITY },
    { clientId: 'https://wallet.example/app' },
  )
  await phone.holder.receive(await phone.holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
})
afterAll(() => served.stop())

/** What may stand where something else was expected. */
const anything = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    '',
    '0',
    'null',
    '://',
    'https://',
    'http://[',
    `x`.repeat(5000),
    '\u0000',
    '💥',
    '__proto__',
  ),
  fc.constantFrom<unknown>(
    {},
    [],
    [[]],
    [{}],
    [null],
    { keys: {} },
    { keys: [null] },
    Number.MAX_SAFE_INTEGER,
    -1,
    1e300,
  ),
)

/** A document with one of its members, at any depth, made into something else. */
function spoilt(document: object): fc.Arbitrary<unknown> {
  const paths = pathsIn(document)
  return fc
    .tuple(fc.constantFrom(...paths), anything)
    .map(([path, value]) => replaced(structuredClone(document), path, value))
}
function pathsIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsIn(member, [...path, name]))]
}
function replaced(document: unknown, path: (string | number)[], value: unknown): unknown {
  const last = path.at(-1)
  if (last === undefined) return value
  const parent = path
    .slice(0, -1)
    .reduce((at: unknown, step) => (at as Record<string, unknown>)[step], document)
  if (value === undefined) delete (parent as Record<string, unknown>)[last]
  else (parent as Record<string, unknown>)[last] = value
  return document
}

/** Either it works, or it fails in a way that is documented. */
async function orderly(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    const { name, code, shared } = error as { name: string; code: string; shared: boolean }
    expect([name, CODES.has(code), shared]).toEqual(['HolderError', true, false])
  }
}

/** Lets an endpoint answer something else for a while. */
async function answering(path: string, body: unknown, act: () => Promise<unknown>): Promise<void> {
  const route = served.routes.get(path)
  served.routes.set(path, () => ({ body: body === undefined ? '' : JSON.stringify(body) }))
  try {
    await orderly(act)
  } finally {
    if (route) served.routes.set(path, route)
  }
}

const receive = async () =>
  phone.holder.receive(await phone.holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
const documentAt = async (path: string, init?: RequestInit) =>
  (await fetch(`${served.url}${path}`, init)).json()

describe('whatever comes in, the wallet fails in a way that it has words for', () => {
  test('an offer', async () => {
    const offers = fc.oneof(spoilt(issuer.offer().object), anything)
    await fc.assert(
      fc.asyncProperty(offers, async (offer) => {
        const text = typeof offer === 'string' ? offer : (JSON.stringify(offer) ?? '')
        await orderly(() => phone.holder.readOffer(text))
        const link = `openid-credential-offer://?${new URLSearchParams({ credential_offer: text })}`
        await orderly(() => phone.holder.readOffer(link))
      }),
      RUNS,
    )
  })

  test('a text of any kind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
        await orderly(() => phone.holder.readOffer(text))
        await orderly(() => phone.holder.readRequest(text))
        await orderly(() => phone.holder.readIssuer(text))
        await orderly(() => phone.holder.completeSignIn(text))
      }),
      RUNS,
    )
  })

  test('metadata of an issuer', async () => {
    const path = '/.well-known/openid-credential-issuer/issuers/residents'
    await fc.assert(
      fc.asyncProperty(spoilt((await documentAt(path)) as object), (metadata) =>
        answering(path, metadata, async () => {
          await phone.holder.readIssuer(issuer.id)
          await receive()
        }),
      ),
      RUNS,
    )
  })

  test('metadata of an authorization server, and of a type', async () => {
    const server = '/.well-known/oauth-authorization-server/issuers/residents'
    const type = '/credential-types/resident'
    await fc.assert(
      fc.asyncProperty(
        spoilt((await documentAt(server)) as object),
        spoilt((await documentAt(type)) as object),
        async (metadata, description) => {
          await answering(server, metadata, async () => {
            await phone.holder.beginSignIn(await phone.holder.readOffer(issuer.signInOffer()), RETURN)
          })
          await answering(type, description, async () => receive())
        },
      ),
      RUNS,
    )
  })

  test.each<[string, object]>([
    ['/issuers/residents/nonce', { c_nonce: 'x', c_nonce_expires_in: 1 }],
    [
      '/issuers/residents/token',
      {
        access_token: 'a.b.c',
        token_type: 'DPoP',
        expires_in: 5,
        authorization_details: [
          {
            type: 'openid_credential',
            credential_configuration_id: 'resident',
            credential_identifiers: ['x'],
          },
        ],
      },
    ],
    ['/issuers/residents/credential', { credentials: [{ credential: 'a.b.c~' }], notification_id: 'n' }],
    ['/issuers/residents/credential', { transaction_id: 'x', interval: 5 }],
  ])('an answer of %s', async (path, answer) => {
    await fc.assert(
      fc.asyncProperty(spoilt(answer), async (body) => {
        await answering(path, body, receive)
        // Whatever was put off by it is asked for without harm.
        phone.ahead = 3600_000
        await phone.holder.poll()
        phone.ahead = 0
      }),
      RUNS,
    )
  })

  test('a credential with a character changed, or cut short', async () => {
    const spoil = fc.tuple(fc.nat(3000), fc.constantFrom('A', '~', '.', '', '"', '=', '\u0000'))
    await fc.assert(
      fc.asyncProperty(spoil, fc.boolean(), async ([at, by], cut) => {
        issuer.faults.deliver = (all) =>
          all.map((one) => one.slice(0, at) + (cut ? '' : by + one.slice(at + 1)))
        await orderly(receive)
      }),
      RUNS,
    )
    delete issuer.faults.deliver
  })

  test('an answer to a pushed request, and a return', async () => {
    const answer = { request_uri: 'urn:ietf:params:oauth:request_uri:x', expires_in: 60 }
    const begin = async () =>
      phone.holder.beginSignIn(await phone.holder.readOffer(issuer.signInOffer()), RETURN)
    await fc.assert(
      fc.asyncProperty(
        spoilt(answer),
        fc.constantFrom('state', 'iss', 'code', 'error', 'error_description'),
        fc.string({ maxLength: 30 }),
        async (body, name, value) => {
          await answering('/issuers/residents/par', body, begin)
          const back = new URL(await browse((await begin()).url))
          back.searchParams.set(name, value)
          await orderly(() => phone.holder.completeSignIn(back.href))
        },
      ),
      { numRuns: 15 },
    )
  })

  test('a request object, as it is signed', async () => {
    const payload = {
      response_type: 'vp_token',
      response_mode: 'direct_post.jwt',
      nonce: 'n',
      state: 's',
      exp: 4_000_000_000,
      verifier_info: [{ format: 'jwt', data: 'a.b.c', credential_ids: ['card'] }],
      client_metadata: {
        jwks: { keys: [(await createResponseKey()).jwk] },
        encrypted_response_enc_values_supported: ['A256GCM'],
        vp_formats_supported: { 'dc+sd-jwt': {} },
      },
      dcql_query: {
        credentials: [
          {
            id: 'card',
            format: 'dc+sd-jwt',
            meta: { vct_values: [issuer.vct] },
            claims: [
              { id: 'a', path: ['age_equal_or_over', '19'], values: [true] },
              { id: 'n', path: ['name_ko'] },
            ],
            claim_sets: [['a'], ['n']],
            trusted_authorities: [{ type: 'aki', values: ['AAAA'] }],
          },
        ],
        credential_sets: [{ options: [['card']], required: true }],
      },
    }
    await fc.assert(
      fc.asyncProperty(
        spoilt(payload),
        spoilt({ typ: 'oauth-authz-req+jwt', alg: 'ES256', x5c: ['x'] }),
        async (spoil, header) => {
          if (typeof spoil !== 'object' || spoil === null) return
          const link = await verifier.ask(payload.dcql_query, { spoil })
          await orderly(async () => phone.holder.readRequest(link))
          if (typeof header !== 'object' || header === null) return
          const other = await verifier.ask(payload.dcql_query, { spoilHeader: header })
          await orderly(async () => phone.holder.readRequest(other))
        },
      ),
      RUNS,
    )
  })

  test('a request of a web page', async () => {
    const query = { credentials: [{ id: 'card', format: 'dc+sd-jwt', meta: { vct_values: [issuer.vct] } }] }
    const data = {
      request: { payload: 'e30', signatures: [{ protected: 'e30', signature: 'AAAA' }] },
      response_type: 'vp_token',
      response_mode: 'dc_api.jwt',
      nonce: 'n',
      dcql_query: query,
      client_metadata: { jwks: { keys: [(await createResponseKey()).jwk] } },
    }
    const protocols = ['unsigned', 'signed', 'multisigned'].map((kind) => `openid4vp-v1-${kind}`)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(spoilt(data), anything),
        fc.constantFrom(...protocols),
        async (data, protocol) =>
          orderly(() => phone.holder.readDcApiRequest({ protocol, data, origin: 'https://library.example' })),
      ),
      { numRuns: 200 },
    )
  })

  test('what a verifier answers', async () => {
    const query = { credentials: [{ id: 'card', format: 'dc+sd-jwt', meta: { vct_values: [issuer.vct] } }] }
    const reply = verifier.reply
    await fc.assert(
      fc.asyncProperty(anything, fc.constantFrom(200, 204, 400, 401, 404), async (body, status) => {
        verifier.reply = { status, body: body === undefined ? '' : JSON.stringify(body) }
        const preview = await phone.holder.readRequest(await verifier.ask(query))
        const { outcome, redirectUri } = await phone.holder.present(preview)
        expect(outcome).toBe(status < 300 ? 'accepted' : 'refused')
        expect(redirectUri ?? 'https:').toMatch(/^https?:/)
      }),
      { numRuns: 15 },
    )
    verifier.reply = reply
  })
})
