import { errors, type JWTVerificationResult, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import ServerChallenge from 'oidc-provider/lib/helpers/challenge.js'
import { checkDpopReplay, validateDpop } from 'oidc-provider/lib/helpers/grants.js'
import { hashSecret } from '../access/secrets.ts'
import { spendProof } from '../access/seen-proofs.ts'
import type { Context } from '../context.ts'
import { publicJwkIn, thumbprintOf } from '../jose/jws.ts'
import type { WalletTrust } from '../wallet-trust/types.ts'

export { checkDpopReplay, validateDpop }

/** Seconds that an attestation may be ahead of our clock. */
const AHEAD_SECONDS = 60
/** How old, or ahead, the proof of an attested key may be that answers no challenge of ours. */
const WITHOUT_CHALLENGE_SECONDS = 60
const MAX_JTI = 256

/**
 * What oidc-provider asks when a wallet authenticates by attestation (attestation-based client authentication): whose
 * signature counts, and whether what it attests still does. Signatures, types, audience and challenge it checks itself.
 */
export function createAttestationChecks(
  { clock }: Pick<Context, 'clock'>,
  { walletTrust, challengeSecret }: { walletTrust: WalletTrust; challengeSecret: Buffer },
) {
  const challenges = new ServerChallenge(challengeSecret, 'OAuth-Client-Attestation-PoP')
  return {
    getAttestationSignaturePublicKey: (
      _ctx: KoaContextWithOIDC,
      header: Record<string, unknown>,
      payload: Record<string, unknown>,
    ) => walletTrust.attestationKey(header, payload),

    /** @throws InvalidClientAuth, InvalidDpopProof, UseDpopNonce */
    assertAttestationJwtAndPop: async (
      ctx: KoaContextWithOIDC,
      attestation: JWTVerificationResult,
      pop: JWTVerificationResult,
      { clientId }: { clientId: string },
    ): Promise<void> => {
      const { exp, iat, cnf } = attestation.payload
      const now = clock().getTime() / 1000
      if (typeof exp !== 'number' || exp <= now) throw new errors.InvalidClientAuth('attestation has expired')
      if (typeof iat !== 'number' || iat > now + AHEAD_SECONDS)
        throw new errors.InvalidClientAuth('attestation is from the future')
      const key = publicJwkIn(Object(cnf).jwk)
      if (!key) throw new errors.InvalidClientAuth('cnf.jwk is no P-256 key')
      if (String(pop.payload['jti']).length > MAX_JTI) throw new errors.InvalidClientAuth('jti is too long')
      if (!(await walletTrust.stands(clientId, thumbprintOf(key))))
        throw new errors.InvalidClientAuth('the attested key was revoked')
      if (ctx.headers['oauth-client-attestation-pop'] !== undefined) {
        proofsOfClients.set(ctx, String(pop.payload['jti']))
        // A challenge is something that clients may ask for, and some can not: then the time has to be right. A challenge that
        // is wrong or old oidc-provider refuses, and it refuses none as well, unless it finds one here.
        const { challenge, iat: at } = pop.payload
        if (
          challenge === undefined &&
          typeof at === 'number' &&
          Math.abs(now - at) <= WITHOUT_CHALLENGE_SECONDS
        )
          pop.payload['challenge'] = challenges.nextChallenge()
      }
      // Before the proof of the attested key is spent: a wallet that lacks nothing but the nonce repeats the rest as it was.
      await validateDpop(ctx.oidc.provider, ctx)
    },
  }
}

/** By request: what is spent for the attested key, to be told from what is spent for the DPoP key. */
const proofsOfClients = new WeakMap<object, string>()

/**
 * Proofs count once in the whole city, by one insert each: oidc-provider looks first and writes then, between which
 * another process may have let the same proof pass.
 * @throws InvalidDpopProof, for which oidc-provider would say `invalid_grant` or `invalid_request` (RFC 9449 section 5)
 */
export function replaceReplayDetection(
  provider: Provider,
  { db, clock }: Pick<Context, 'db' | 'clock'>,
): void {
  provider.ReplayDetection.unique = async (clientId, jti, exp) => {
    const ctx = Provider.ctx
    const isOfClient = ctx !== undefined && proofsOfClients.get(ctx) === jti
    if (isOfClient) proofsOfClients.delete(ctx)
    const lifetime = Math.max(0, exp * 1000 - Date.now())
    const until = new Date(clock().getTime() + lifetime + AHEAD_SECONDS * 1000)
    const id = hashSecret(`oauth ${isOfClient ? 'client' : 'dpop'} ${clientId} ${jti}`)
    const isNew = await spendProof(db.sql, id, until)
    if (!isNew && !isOfClient) throw new errors.InvalidDpopProof('This DPoP proof was used before.')
    return isNew
  }
}
