import type { RequestHandler } from 'express'
import type { Route } from '../http/route.ts'
import type { Nonces } from '../jose/nonce.ts'

/** What an access token allows, as the resource endpoints (credential, deferred, notification) need to know it. */
export type AccessGrant = {
  /** sha256 of the access token, hex. */
  tokenHash: string
  /** Thumbprint of the DPoP key that the token is bound to. */
  jkt: string
  clientId: string
  /** Ids of the offers that the token is for. */
  offers: string[]
}

/** The city's one authorization server. */
export type Authorization = {
  /** To be mounted at /oauth. */
  handler: RequestHandler
  /** Its metadata under /.well-known. */
  routes: Route[]
  /** `undefined` for a token that is unknown, has run out, or was revoked. */
  grantOf(accessToken: string): Promise<AccessGrant | undefined>
  /** DPoP nonces of the resource endpoints. */
  nonces: Nonces
  /** Forgets what has run out. */
  sweep(): Promise<void>
}
