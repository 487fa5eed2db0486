import { hashSecret } from '../access/secrets.ts'
import { sweepProofs } from '../access/seen-proofs.ts'
import type { Context } from '../context.ts'
import { createAgencyDesk } from '../issuance/agency-desk.ts'
import { createNonces } from '../jose/nonce.ts'
import type { SignIn } from '../sign-in/types.ts'
import type { WalletTrust } from '../wallet-trust/types.ts'
import { checkReturn, createRequestReader } from './authorization-request.ts'
import { createConsent, type OffersAtConsent } from './consent.ts'
import { answerErrors, renderError } from './error-answers.ts'
import { interactionRoutes } from './interactions.ts'
import { metadataRoutes } from './metadata.ts'
import { mountAuthorization } from './mount.ts'
import { registerPreAuthorizedGrant } from './pre-authorized.ts'
import { createProvider } from './provider.ts'
import { createRecords } from './records.ts'
import { createRequestable } from './requestable.ts'
import { offersIn } from './token-grants.ts'
import type { Authorization } from './types.ts'

type AuthorizationDeps = { offers: OffersAtConsent; signIn: SignIn; walletTrust: WalletTrust }

/** The city's one authorization server, for all its credential issuers (docs/decisions/0018). */
export function createAuthorization(
  context: Context,
  { offers, signIn, walletTrust }: AuthorizationDeps,
): Authorization {
  const { db, agent, clock, random, config } = context
  const records = createRecords(context)
  const requestable = createRequestable(context)
  const readRequest = createRequestReader(requestable, offers)
  const provider = createProvider(context, {
    records,
    requestable,
    walletTrust,
    checkRequest: async (ctx) => {
      checkReturn(ctx, config)
      await readRequest(ctx.oidc.params ?? {})
    },
    renderError: renderError(context),
  })
  registerPreAuthorizedGrant(provider, context, { records, requestable })
  answerErrors(provider, context)
  const consent = createConsent(context, { provider, offers, requestable })
  const desk = createAgencyDesk(context)
  const pages = interactionRoutes(context, { provider, desk, signIn, walletTrust, readRequest, consent })

  return {
    handler: mountAuthorization(context, { provider, pages }),
    routes: metadataRoutes(config, requestable),
    grantOf: async (accessToken) => {
      const found = await records.tokenWithGrant(accessToken)
      if (!found) return undefined
      const { token, grant } = found
      const { jkt, clientId } = token
      if (jkt === undefined || clientId === undefined) return undefined
      return { tokenHash: hashSecret(accessToken), jkt, clientId, offers: offersIn(token.rar ?? grant.rar) }
    },
    nonces: createNonces({ mac: (data) => agent.mac('dpopNonce', data), random, clock }),
    sweep: async () => {
      await records.sweep()
      await sweepProofs(db.sql, clock())
    },
  }
}
