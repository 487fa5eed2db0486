import { randomBytes } from 'node:crypto'
import {
  type AuthorizationServerMetadata,
  Oauth2ResourceServer,
  Oauth2ResourceUnauthorizedError,
} from '@openid4vc/oauth2'
import { type IssuerMetadataResult, Openid4vciIssuer } from '@openid4vc/openid4vci'
import type { PublicJwk } from '@pass/credentials'
import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Certified } from './authority.ts'
import { protocol } from './authorization-server.ts'
import { cardMetadata, issueCard } from './card.ts'
import type { TestIssuer } from './issuer.ts'
import { createNonces, payloadOf } from './nonces.ts'
import { peerCallbacks } from './peer-callbacks.ts'
import type { Answer, Handler, Served } from './serve.ts'

type Encryption = { jwk: JWK; enc: string } | undefined

/** The credential issuer's own endpoints, by the peer's library; JWE, which it leaves to others, by jose. */
export function createCredentialEndpoints(
  served: Served,
  certified: Certified,
  made: TestIssuer,
  { at, servers }: { at: string; servers: () => AuthorizationServerMetadata[] },
) {
  const { id, vct } = made
  const callbacks = peerCallbacks(certified)
  const resource = new Oauth2ResourceServer({ callbacks })
  const issuer = new Openid4vciIssuer({ callbacks })
  const nonces = createNonces()
  const dpopNonces = createNonces()
  const requestKeys = generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true })
  const later = new Map<string, PublicJwk[]>()
  let status = 0

  const metadata = async () => {
    const { terms } = made
    const jwk = {
      ...(await exportJWK((await requestKeys).publicKey)),
      use: 'enc',
      alg: 'ECDH-ES',
      kid: 'requests',
    }
    const proof = {
      proof_signing_alg_values_supported: ['ES256'],
      ...(terms.proof === 'jwt' ? {} : { key_attestations_required: {} }),
    }
    const configuration = (type: string) => ({
      format: 'dc+sd-jwt',
      vct: type === 'resident' ? vct : `${served.url}/credential-types/${type}`,
      ...(terms.scope ? { scope: `scope:${type}` } : {}),
      cryptographic_binding_methods_supported: ['jwk'],
      credential_signing_alg_values_supported: ['ES256'],
      proof_types_supported: terms.proof === 'attestation' ? { attestation: proof } : { jwt: proof },
    })
    return issuer.createCredentialIssuerMetadata({
      credential_issuer: id,
      ...(made.server === at ? {} : { authorization_servers: [`${served.url}${made.server}`] }),
      credential_endpoint: `${id}/credential`,
      nonce_endpoint: `${id}/nonce`,
      deferred_credential_endpoint: `${id}/deferred`,
      ...(terms.notifies ? { notification_endpoint: `${id}/notification` } : {}),
      batch_credential_issuance: { batch_size: terms.batch },
      ...(terms.encryption
        ? {
            credential_response_encryption: {
              alg_values_supported: ['ECDH-ES'],
              enc_values_supported: terms.encryption.enc,
              encryption_required: terms.encryption.required ?? false,
            },
            ...(terms.encryption.requests === false
              ? {}
              : {
                  credential_request_encryption: {
                    jwks: { keys: [{ kty: 'AKP', alg: 'ML-KEM-9999', pub: 'x', use: 'enc' }, jwk] },
                    enc_values_supported: terms.encryption.enc,
                    encryption_required: terms.encryption.required ?? false,
                  },
                }),
          }
        : {}),
      display: [
        { name: '시민증 발급센터', locale: 'ko-KR' },
        { name: 'Resident Card Office', locale: 'en' },
      ],
      credential_configurations_supported: {
        resident: configuration('resident'),
        veteran: configuration('veteran'),
      },
    })
  }
  const known = async () => {
    const credentialIssuer = await metadata()
    return {
      originalDraftVersion: 'V1',
      credentialIssuer,
      authorizationServers: servers(),
      knownCredentialConfigurations: issuer.getKnownCredentialConfigurationsSupported(credentialIssuer),
    } as unknown as IssuerMetadataResult
  }
  const route = (path: string, handler: Handler) =>
    served.routes.set(path, (request) => protocol(() => handler(request)))

  /** A request with a good token, a fresh nonce in its proof, and a body that is read whichever way it came. */
  const authorized =
    (handle: (body: Record<string, unknown>, encrypted: boolean) => Promise<Answer>): Handler =>
    async ({ url, method, headers, text }) => {
      if (!dpopNonces.take(payloadOf(headers.get('dpop'))['nonce'])) {
        made.dpopNoncesAsked++
        const challenge = {
          'dpop-nonce': dpopNonces.fresh(),
          'www-authenticate': 'DPoP error="use_dpop_nonce"',
        }
        return { status: 401, headers: challenge, body: {} }
      }
      try {
        await resource.verifyResourceRequest({
          authorizationServers: servers(),
          request: { url, method, headers },
          resourceServer: id,
        })
      } catch (error) {
        if (!(error instanceof Oauth2ResourceUnauthorizedError)) throw error
        return { status: 401, headers: { 'www-authenticate': error.toHeaderValue() }, body: {} }
      }
      const encrypted = headers.get('content-type') === 'application/jwt'
      const json = encrypted
        ? new TextDecoder().decode((await compactDecrypt(text, (await requestKeys).privateKey)).plaintext)
        : text
      return handle(JSON.parse(json), encrypted)
    }

  const sealed = async (encryption: Encryption, code: number, body: object): Promise<Answer> => {
    if (!encryption || made.faults.answerInClear) return { status: code, body }
    const { jwk, enc } = encryption
    const jwe = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(body)))
      .setProtectedHeader({ alg: 'ECDH-ES', enc, ...(jwk.kid ? { kid: jwk.kid } : {}) })
      .encrypt(await importJWK(jwk, 'ECDH-ES'))
    return { status: code, type: 'application/jwt', body: jwe }
  }
  const deliver = async (keys: PublicJwk[], encryption: Encryption) => {
    const { vct: spoilt, lifetime, name } = made.faults
    const credentials = await Promise.all(
      keys.map((key) =>
        issueCard(
          made.faults.keyFor?.(key) ?? key,
          {
            vct: spoilt ?? vct,
            issuer: id,
            lifetime,
            ...(lifetime === undefined ? { exp: Math.floor(Date.now() / 86_400_000 + 30) * 86_400 } : {}),
            name,
            status: { uri: `${id}/status/1`, idx: ++status * 7919 },
          },
          certified,
        ),
      ),
    )
    const delivered = made.faults.deliver?.(credentials) ?? credentials
    return sealed(encryption, 200, {
      credentials: delivered.map((credential) => ({ credential })),
      ...(made.terms.notifies ? { notification_id: `n-${status}` } : {}),
    })
  }

  route(`/.well-known/openid-credential-issuer${at}`, async ({ headers }) => {
    const document = await metadata()
    const spoilt = made.terms.metadata?.(document as unknown as Record<string, unknown>) ?? document
    if (!made.faults.signedMetadata || !headers.get('accept')?.includes('application/jwt'))
      return { body: spoilt }
    const body = await issuer.createSignedCredentialIssuerMetadataJwt({
      credentialIssuerMetadata: document,
      signer: { method: 'x5c', alg: 'ES256', x5c: certified.x5c },
      issuedAt: new Date(),
    })
    return { type: 'application/jwt', body }
  })
  route('/credential-types/resident', () => ({ body: cardMetadata(vct) }))
  route(`${at}/nonce`, () => {
    const nonce = made.faults.staleNonces-- > 0 ? 'stale' : nonces.fresh()
    return {
      body: { c_nonce: nonce },
      headers: { 'cache-control': 'no-store', 'dpop-nonce': dpopNonces.fresh() },
    }
  })
  route(
    `${at}/credential`,
    authorized(async (body, encrypted) => {
      made.bodies.push({ body, encrypted })
      const encryption = body['credential_response_encryption'] as Encryption
      if (encryption && !encrypted) return { status: 400, body: { error: 'invalid_encryption_parameters' } }
      if (made.faults.credentialRefusal)
        return { status: 400, body: { error: made.faults.credentialRefusal } }
      const issuerMetadata = await known()
      // The library still wants an `alg` beside the key, as drafts had it.
      const { credential_response_encryption: _, ...credentialRequest } = body
      const { proofs, credentialConfigurationId, credentialIdentifier } = issuer.parseCredentialRequest({
        issuerMetadata,
        credentialRequest,
      })
      const named = made.terms.identifiers?.map((name) => `resident-${name}`)
      if (named ? !named.includes(credentialIdentifier ?? '') : credentialConfigurationId !== 'resident')
        return { status: 400, body: { error: 'unknown_credential_identifier' } }
      const keys = await provenKeys(issuer, issuerMetadata, proofs, (nonce) => nonces.take(nonce))
      if (!keys) return { status: 400, body: { error: 'invalid_nonce' } }
      made.requests.push(keys.map(({ x }) => x))
      if (made.spent('credential')) return 'cut'
      if (!made.terms.later) return deliver(keys, encryption)
      const transactionId = randomBytes(8).toString('hex')
      later.set(transactionId, keys)
      return sealed(encryption, 202, { transaction_id: transactionId, interval: 60 })
    }),
  )
  route(
    `${at}/deferred`,
    authorized(async (body) => {
      const transactionId = String(body['transaction_id'])
      const encryption = body['credential_response_encryption'] as Encryption
      const keys = later.get(transactionId)
      if (!keys) return { status: 400, body: { error: 'invalid_transaction_id' } }
      const decision = made.decisions.get('all')
      if (decision === undefined)
        return sealed(encryption, 202, { transaction_id: transactionId, interval: 60 })
      if (decision !== 'ready') return { status: 400, body: decision }
      if (made.spent('deferred')) return 'cut'
      return deliver(keys, encryption)
    }),
  )
  route(
    `${at}/notification`,
    authorized(async (body) => {
      made.notifications.push(body as TestIssuer['notifications'][number])
      return { status: 204 }
    }),
  )
}

/** The keys of a request's proofs; undefined when a nonce is not good. */
async function provenKeys(
  issuer: Openid4vciIssuer,
  issuerMetadata: IssuerMetadataResult,
  proofs: { jwt?: string[] | undefined; attestation?: string[] | undefined } | undefined,
  take: (nonce: unknown) => boolean,
): Promise<PublicJwk[] | undefined> {
  const [attestation] = proofs?.attestation ?? []
  if (attestation) {
    const { nonce } = payloadOf(attestation)
    if (!take(nonce)) return undefined
    const { payload } = await issuer.verifyCredentialRequestAttestationProof({
      issuerMetadata,
      keyAttestationJwt: attestation,
      expectedNonce: String(nonce),
    })
    return payload.attested_keys as PublicJwk[]
  }
  const used = new Set<unknown>()
  const keys: PublicJwk[] = []
  for (const jwt of proofs?.jwt ?? []) {
    const { nonce } = payloadOf(jwt)
    if (!used.has(nonce) && !take(nonce)) return undefined
    used.add(nonce)
    const { header, keyAttestation } = await issuer.verifyCredentialRequestJwtProof({
      issuerMetadata,
      jwt,
      expectedNonce: String(nonce),
    })
    keys.push(...((keyAttestation?.payload.attested_keys ?? [header.jwk]) as PublicJwk[]))
  }
  return keys
}
