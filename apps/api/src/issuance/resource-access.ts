import { hashSecret } from '../access/secrets.ts'
import { spendProof } from '../access/seen-proofs.ts'
import type { AccessGrant, Authorization } from '../authorization/types.ts'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import type { Reply } from '../http/route.ts'
import { type DpopExpectation, dpopRefusal, verifyDpop } from '../jose/dpop.ts'
import { NONCE_SECONDS } from '../jose/nonce.ts'

/** Headers of a request to a protected resource. */
export type TokenHeaders = { authorization: string | undefined; dpop: string | undefined }

export type ResourceAccess = {
  /**
   * What the token allows, once the key that it is bound to has proven itself (RFC 9449 section 7).
   * @param url the endpoint's address
   * @throws OAuthError `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`
   */
  prove(url: string, headers: TokenHeaders): Promise<AccessGrant>
  /** Does a request's work; the answer, refusal or not, carries the nonce for the next one (RFC 9449 section 8.2). */
  withNonce(work: () => Promise<Reply>): Promise<Reply>
  /** For answers of the nonce endpoint. */
  nonceHeader(): { 'DPoP-Nonce': string }
}

/** The door of the credential, deferred credential and notification endpoints. */
export function createResourceAccess(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  authorization: Pick<Authorization, 'grantOf' | 'nonces'>,
): ResourceAccess {
  const nonceHeader = () => ({ 'DPoP-Nonce': authorization.nonces.create('dpop') })
  return {
    nonceHeader,

    prove: async (url, headers) => {
      const { nonces } = authorization
      const now = clock()
      const accessToken = tokenIn(headers.authorization, { nonces })
      const { jkt, jti } = verifyDpop(headers.dpop, {
        method: 'POST',
        url,
        now: now.getTime() / 1000,
        nonces,
        nonceRequired: true,
        accessToken,
      })
      const grant = await authorization.grantOf(accessToken)
      if (grant?.jkt !== jkt)
        throw dpopRefusal('invalid_token', 'The access token is not valid, or was given to another key.', {
          accessToken,
          nonces,
        })
      // For as long as its nonce could still be fresh to a process whose clock is a little behind.
      const until = new Date(now.getTime() + 2 * NONCE_SECONDS * 1000)
      if (!(await spendProof(db.sql, hashSecret(`${jkt}.${jti}`), until)))
        throw dpopRefusal('invalid_dpop_proof', 'This DPoP proof was used before.', { accessToken, nonces })
      return grant
    },

    withNonce: async (work) => {
      try {
        const reply = await work()
        return { ...reply, headers: { ...nonceHeader(), ...reply.headers } }
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error
        const { status, headers, extra } = error
        throw new OAuthError(error.error, error.message, {
          status,
          headers: { ...nonceHeader(), ...headers },
          extra,
        })
      }
    },
  }
}

/** The scheme's name is case-insensitive (RFC 9110 section 11.1); a token in the address is never looked at. */
function tokenIn(authorization: string | undefined, { nonces }: Pick<DpopExpectation, 'nonces'>): string {
  const [, token] = /^DPoP ([\w.~+/-]{20,2000}=*)$/i.exec(authorization ?? '') ?? []
  if (token) return token
  throw dpopRefusal('invalid_token', 'Send the access token as Authorization: DPoP.', {
    accessToken: '',
    nonces,
  })
}
