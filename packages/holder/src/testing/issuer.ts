import { randomBytes } from 'node:crypto'
import {
  Oauth2AuthorizationServer,
  Oauth2ResourceServer,
  Oauth2ServerErrorResponseError,
  preAuthorizedCodeGrantIdentifier,
} from '@openid4vc/oauth2'
import { type IssuerMetadataResult, Openid4vciIssuer } from '@openid4vc/openid4vci'
import { issueSdJwtVc, type PublicJwk } from '@pass/credentials'
import type { Certified } from './authority.ts'
import { peerCallbacks } from './peer-callbacks.ts'
import type { Answer, Handler, Served } from './serve.ts'

export const TX_CODE = '493021'

/** What a test may do to the issuer. */
export type IssuerFaults = {
  /** Connections to cut when the named endpoint has done its work. */
  cut: { token?: number; credential?: number }
  staleNonces: number
  /** Changes what is delivered. */
  deliver?: (credentials: string[]) => string[]
  keyFor?: (key: PublicJwk) => PublicJwk
  vct?: string
  /** Seconds that what is issued lasts. */
  lifetime?: number
  /** Answer with a transaction id instead of credentials. */
  later?: boolean
  /** Serve the metadata signed, when the wallet takes it so. */
  signedMetadata?: boolean
}

export type TestIssuer = {
  id: string
  vct: string
  faults: IssuerFaults
  /** Makes an offer that works once; its text is a QR code's content by value. */
  offer(): {
    byValue: string
    byReference: string
    code: string
    object: object
    expire(): void
    lock(): void
  }
  /** Proof keys of each credential request, as they came. */
  requests: string[][]
  dpopNoncesAsked: number
}

/** An issuer by the peer's library: OpenID4VCI 1.0 with pre-authorized code, transaction code, DPoP with nonces, batch. */
export function createTestIssuer(
  served: Served,
  certified: Certified,
  at = '/issuers/residents',
): TestIssuer {
  const id = `${served.url}${at}`
  const vct = `${served.url}/credential-types/resident`
  const callbacks = peerCallbacks(certified)
  const [authorization, resource] = [
    new Oauth2AuthorizationServer({ callbacks }),
    new Oauth2ResourceServer({ callbacks }),
  ]
  const issuer = new Openid4vciIssuer({ callbacks })
  const credentialIssuer = issuer.createCredentialIssuerMetadata({
    credential_issuer: id,
    credential_endpoint: `${id}/credential`,
    nonce_endpoint: `${id}/nonce`,
    batch_credential_issuance: { batch_size: 3 },
    display: [
      { name: '시민증 발급센터', locale: 'ko-KR' },
      { name: 'Resident Card Office', locale: 'en' },
    ],
    credential_configurations_supported: {
      resident: {
        format: 'dc+sd-jwt',
        vct,
        cryptographic_binding_methods_supported: ['jwk'],
        credential_signing_alg_values_supported: ['ES256'],
        proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256'] } },
      },
    },
  })
  const server = {
    issuer: id,
    token_endpoint: `${id}/token`,
    jwks_uri: `${id}/jwks`,
    dpop_signing_alg_values_supported: ['ES256'],
    'pre-authorized_grant_anonymous_access_supported': true,
  }
  const issuerMetadata = {
    originalDraftVersion: 'V1',
    credentialIssuer,
    authorizationServers: [server],
    knownCredentialConfigurations: issuer.getKnownCredentialConfigurationsSupported(credentialIssuer),
  } as unknown as IssuerMetadataResult
  const offers = new Map<string, { jkt?: string; expiresAt: Date; locked: boolean }>()
  const nonces = new Set<string>()
  const dpopNonces = new Set<string>()
  const made: TestIssuer = {
    id,
    vct,
    faults: { cut: {}, staleNonces: 0 },
    requests: [],
    dpopNoncesAsked: 0,
    offer() {
      const code = randomBytes(12).toString('base64url')
      const offer = { expiresAt: new Date(Date.now() + 60_000), locked: false }
      offers.set(code, offer)
      const object = {
        credential_issuer: id,
        credential_configuration_ids: ['resident'],
        grants: {
          [preAuthorizedCodeGrantIdentifier]: {
            'pre-authorized_code': code,
            tx_code: { input_mode: 'numeric', length: 6, description: '창구에서 받은 번호 100%' },
          },
        },
      }
      served.routes.set(`${at}/offers/${code}`, () => ({ body: object }))
      return {
        code,
        object,
        byValue: `openid-credential-offer://?${new URLSearchParams({ credential_offer: JSON.stringify(object) })}`,
        byReference: `openid-credential-offer://?${new URLSearchParams({ credential_offer_uri: `${id}/offers/${code}` })}`,
        expire() {
          offer.expiresAt = new Date(0)
          served.routes.set(`${at}/offers/${code}`, () => ({ status: 410, body: { code: 'expired' } }))
        },
        lock() {
          offer.locked = true
        },
      }
    },
  }
  const spent = (budget: 'token' | 'credential'): boolean => {
    const left = made.faults.cut[budget] ?? 0
    made.faults.cut[budget] = left - 1
    return left > 0
  }
  /** RFC 9449 sections 8 and 9: each nonce of ours works once. */
  const nonceMissing = (headers: Headers): boolean => {
    const proof = headers.get('dpop') ?? ''
    const { nonce } = JSON.parse(Buffer.from(proof.split('.')[1] ?? 'e30', 'base64url').toString() || '{}')
    return !dpopNonces.delete(nonce)
  }
  const freshDpopNonce = (): string => {
    const nonce = randomBytes(8).toString('hex')
    dpopNonces.add(nonce)
    made.dpopNoncesAsked++
    return nonce
  }
  const route = (path: string, handler: Handler) =>
    served.routes.set(path, (request) => protocol(() => handler(request)))

  route(`/.well-known/openid-credential-issuer${at}`, async ({ headers }) => {
    if (!made.faults.signedMetadata || !headers.get('accept')?.includes('application/jwt')) {
      return { body: credentialIssuer }
    }
    const body = await issuer.createSignedCredentialIssuerMetadataJwt({
      credentialIssuerMetadata: credentialIssuer,
      signer: { method: 'x5c', alg: 'ES256', x5c: certified.x5c },
      issuedAt: new Date(),
    })
    return { type: 'application/jwt', body }
  })
  route(`/.well-known/oauth-authorization-server${at}`, () => ({ body: server }))
  route('/credential-types/resident', () => ({ body: TYPE_METADATA(vct) }))
  route(`${at}/jwks`, () => ({
    body: { keys: [{ ...certified.publicJwk, kid: 'token', alg: 'ES256', use: 'sig' }] },
  }))
  route(`${at}/nonce`, () => {
    const nonce = randomBytes(8).toString('hex')
    if (made.faults.staleNonces-- <= 0) nonces.add(nonce)
    return { body: { c_nonce: nonce }, headers: { 'cache-control': 'no-store' } }
  })
  route(`${at}/token`, async ({ url, method, headers, text }) => {
    if (nonceMissing(headers)) {
      return { status: 400, headers: { 'dpop-nonce': freshDpopNonce() }, body: { error: 'use_dpop_nonce' } }
    }
    const request = { url, method, headers }
    const parsed = authorization.parseAccessTokenRequest({
      request,
      accessTokenRequest: Object.fromEntries(new URLSearchParams(text)),
    })
    if (parsed.grant.grantType !== preAuthorizedCodeGrantIdentifier) throw new TypeError('no such grant')
    const code = parsed.grant.preAuthorizedCode
    const offer = offers.get(code)
    if (!offer) return { status: 400, body: { error: 'invalid_grant', code: 'offer_expired' } }
    if (offer.locked)
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Too many attempts' } }
    if (parsed.accessTokenRequest.tx_code !== TX_CODE) {
      return { status: 400, body: { error: 'invalid_grant', code: 'tx_code_wrong', attempts_left: 4 } }
    }
    const { dpop } = await authorization.verifyPreAuthorizedCodeAccessTokenRequest({
      authorizationServerMetadata: server,
      grant: parsed.grant,
      accessTokenRequest: parsed.accessTokenRequest,
      request,
      expectedPreAuthorizedCode: code,
      expectedTxCode: TX_CODE,
      preAuthorizedCodeExpiresAt: offer.expiresAt,
      dpop: {
        required: true,
        ...(parsed.dpop ? { jwt: parsed.dpop.jwt } : {}),
        allowedSigningAlgs: ['ES256'],
      },
    })
    // Redeemed once, but the same key may ask again: its answer may have been lost.
    if (offer.jkt !== undefined && offer.jkt !== dpop?.jwkThumbprint) {
      return { status: 400, body: { error: 'invalid_grant', code: 'offer_already_used' } }
    }
    if (dpop) offer.jkt = dpop.jwkThumbprint
    const body = await authorization.createAccessTokenResponse({
      audience: id,
      authorizationServer: id,
      expiresInSeconds: 300,
      signer: { method: 'jwk', alg: 'ES256', publicJwk: { ...certified.publicJwk, kid: 'token' } },
      subject: code,
      ...(dpop ? { dpop: { jwk: dpop.jwk } } : {}),
    })
    return spent('token') ? 'cut' : { body }
  })
  route(`${at}/credential`, async ({ url, method, headers, text }) => {
    if (nonceMissing(headers)) {
      const challenge = { 'dpop-nonce': freshDpopNonce(), 'www-authenticate': 'DPoP error="use_dpop_nonce"' }
      return { status: 401, headers: challenge, body: {} }
    }
    await resource.verifyResourceRequest({
      authorizationServers: [server],
      request: { url, method, headers },
      resourceServer: id,
    })
    const { proofs, credentialConfigurationId } = issuer.parseCredentialRequest({
      issuerMetadata,
      credentialRequest: JSON.parse(text),
    })
    if (credentialConfigurationId !== 'resident') throw new TypeError('asked for something else')
    const keys: PublicJwk[] = []
    const used = new Set<string>()
    for (const jwt of proofs?.jwt ?? []) {
      const nonce = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).nonce
      if (!nonces.has(nonce)) return { status: 400, body: { error: 'invalid_nonce' } }
      used.add(nonce)
      const { header } = await issuer.verifyCredentialRequestJwtProof({
        issuerMetadata,
        jwt,
        expectedNonce: nonce,
      })
      keys.push(header.jwk as PublicJwk)
    }
    for (const nonce of used) nonces.delete(nonce)
    made.requests.push(keys.map(({ x }) => x))
    const credentials = await Promise.all(
      keys.map((key) => issue(made.faults.keyFor?.(key) ?? key, made, certified)),
    )
    if (spent('credential')) return 'cut'
    if (made.faults.later) return { status: 202, body: { transaction_id: 'later', interval: 60 } }
    const delivered = made.faults.deliver?.(credentials) ?? credentials
    return { body: { credentials: delivered.map((credential) => ({ credential })) } }
  })
  return made
}

async function issue(
  cnfJwk: PublicJwk,
  { id, vct, faults }: TestIssuer,
  { x5c, sign }: Certified,
): Promise<string> {
  const { credential } = await issueSdJwtVc({
    claims: {
      name_ko: '김인천',
      birth_date: '1990-05-01',
      district_code: '28185',
      age_equal_or_over: { 19: true, 65: false },
    },
    disclosureFrame: {
      _sd: ['name_ko', 'birth_date', 'district_code'],
      age_equal_or_over: { _sd: ['19', '65'] },
    },
    vct: faults.vct ?? vct,
    issuer: id,
    kid: 'did:ethr:0x2042:0x01#delegate-1',
    x5c,
    cnfJwk,
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + (faults.lifetime ?? 3600),
    sign,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  })
  return credential
}

const TYPE_METADATA = (vct: string) => ({
  vct,
  display: [
    {
      locale: 'ko-KR',
      name: '인천 시민증',
      rendering: { simple: { background_color: '#0b3d91', text_color: 'url(x)' } },
    },
    { locale: 'en', name: 'Incheon Resident Card' },
  ],
  claims: [
    {
      path: ['name_ko'],
      display: [
        { locale: 'ko-KR', label: '이름' },
        { locale: 'en', label: 'Name' },
      ],
    },
    { path: ['age_equal_or_over', '19'], display: [{ locale: 'ko-KR', label: '19세 이상' }] },
    { path: ['age_equal_or_over', '65'], display: [{ locale: 'ko-KR', label: '65세 이상' }] },
  ],
})

async function protocol(handle: () => Promise<Answer> | Answer): Promise<Answer> {
  try {
    return await handle()
  } catch (error) {
    if (error instanceof Oauth2ServerErrorResponseError) return { status: 400, body: error.errorResponse }
    throw error
  }
}
