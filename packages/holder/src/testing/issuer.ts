import { randomBytes } from 'node:crypto'
import { preAuthorizedCodeGrantIdentifier } from '@openid4vc/oauth2'
import type { PublicJwk } from '@pass/credentials'
import type { Certified } from './authority.ts'
import { createAuthorizationServer } from './authorization-server.ts'
import { createCredentialEndpoints } from './credential-endpoints.ts'
import type { Served } from './serve.ts'

export { TX_CODE } from './authorization-server.ts'

/** How the issuer works. */
export type IssuerTerms = {
  /** Takes only attested wallets, and their proof with a challenge. */
  attested: boolean
  challengeEndpoint: boolean
  /** Has an authorization endpoint. */
  signIn: boolean
  /** Its configurations have a scope. */
  scope: boolean
  refresh: boolean
  /** Names datasets in the token's answer. */
  identifiers?: string[]
  proof: 'jwt' | 'jwt with attestation' | 'attestation'
  encryption?: { enc: string[]; required?: boolean; requests?: boolean }
  batch: number
  notifies: boolean
  /** Answers with a promise first. */
  later: boolean
  /** Changes the metadata as it is served. */
  metadata?: (metadata: Record<string, unknown>) => unknown
}

/** What a test may do to the issuer. */
export type IssuerFaults = {
  /** Connections to cut when the named endpoint has done its work. */
  cut: { token?: number; credential?: number; deferred?: number }
  staleNonces: number
  /** Changes what is delivered. */
  deliver?: (credentials: string[]) => string[]
  keyFor?: (key: PublicJwk) => PublicJwk
  vct?: string
  /** Seconds that what is issued lasts. */
  lifetime?: number
  name?: string
  /** Serve the metadata signed, when the wallet takes it so. */
  signedMetadata?: boolean
  serverMetadata?: object
  /** Instead of a code. */
  denied?: { error: string; error_description?: string }
  /** Changes what comes back from the sign-in. */
  returned?: Record<string, string>
  unknownClient?: boolean
  tokenLifetime?: number
  refreshOver?: boolean
  /** Says no to every credential request. */
  credentialRefusal?: string
  /** Answers in clear what was asked for encrypted. */
  answerInClear?: boolean
}

export type TestIssuer = {
  id: string
  /** Path of its authorization server. */
  server: string
  vct: string
  terms: IssuerTerms
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
  /** An offer to sign in with. */
  signInOffer(issuerState?: string, types?: string[]): string
  /** Proof keys of each credential request, as they came. */
  requests: string[][]
  /** Credential requests in clear, and whether they came encrypted. */
  bodies: { body: Record<string, unknown>; encrypted: boolean }[]
  pushed: Record<string, string>[]
  authorizations: Record<string, string>[]
  tokenRequests: Record<string, string>[]
  notifications: { notification_id: string; event: string }[]
  refreshes: number
  dpopNoncesAsked: number
  /** Of what was put off: ready to be fetched, or refused. */
  decisions: Map<string, 'ready' | { error: string; [more: string]: string }>
  /** Whether a connection is to be cut now. */
  spent(budget: keyof IssuerFaults['cut']): boolean
}

/** An issuer by the peer's library: OpenID4VCI 1.0, as open or as strict as a test wants it. */
export function createTestIssuer(
  served: Served,
  certified: Certified,
  at = '/issuers/residents',
  { server = at, ...terms }: Partial<IssuerTerms> & { server?: string } = {},
): TestIssuer {
  const id = `${served.url}${at}`
  const made: TestIssuer = {
    id,
    server,
    vct: `${served.url}/credential-types/resident`,
    terms: {
      attested: false,
      challengeEndpoint: false,
      signIn: false,
      scope: false,
      refresh: false,
      proof: 'jwt',
      batch: 3,
      notifies: false,
      later: false,
      ...terms,
    },
    faults: { cut: {}, staleNonces: 0 },
    requests: [],
    bodies: [],
    pushed: [],
    authorizations: [],
    tokenRequests: [],
    notifications: [],
    refreshes: 0,
    dpopNoncesAsked: 0,
    decisions: new Map(),
    spent(budget) {
      const left = made.faults.cut[budget] ?? 0
      made.faults.cut[budget] = left - 1
      return left > 0
    },
    offer() {
      const code = randomBytes(12).toString('base64url')
      const right = {
        id: code,
        expiresAt: new Date(Date.now() + 60_000),
        locked: false,
        types: ['resident'],
      }
      authorization.rights.set(code, right)
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
          right.expiresAt = new Date(0)
          served.routes.set(`${at}/offers/${code}`, () => ({ status: 410, body: { code: 'expired' } }))
        },
        lock() {
          right.locked = true
        },
      }
    },
    signInOffer(issuerState, types = ['resident']) {
      const offer = {
        credential_issuer: id,
        credential_configuration_ids: types,
        grants: { authorization_code: issuerState === undefined ? {} : { issuer_state: issuerState } },
      }
      return `haip-vci://?${new URLSearchParams({ credential_offer: JSON.stringify(offer) })}`
    },
  }
  const authorization = createAuthorizationServer(served, certified, made)
  createCredentialEndpoints(served, certified, made, { at, servers: () => [authorization.metadata()] })
  return made
}
