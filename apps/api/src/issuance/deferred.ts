import type { PublicJwk } from '@pass/credentials'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import type { Reply } from '../http/route.ts'
import type { AgencyDesk } from './agency-desk.ts'
import type { CredentialRequest } from './credential.ts'
import type { Issuing } from './issuing.ts'
import type { Message, RawMessage } from './messages.ts'
import type { ResourceAccess } from './resource-access.ts'
import type { Rights } from './rights.ts'
import { applicationRefused, transactionHash, type WaitingRoom } from './waiting.ts'

type DeferredDeps = {
  desk: AgencyDesk
  access: ResourceAccess
  readMessage: (agencyId: string, message: RawMessage) => Message
  rightsOf: Rights
  issuing: Issuing
  waitingRoom: WaitingRoom
}

type Found = { offerId: string; keys: PublicJwk[] }

const MAX_ID = 200

/**
 * The deferred credential endpoint (OpenID4VCI 1.0 section 9). Whoever asks too soon is told again how long to wait.
 * An office that may not issue at the moment makes the wallet wait too: it may issue again tomorrow.
 *
 * @throws OAuthError `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`, `invalid_credential_request`,
 *   `invalid_encryption_parameters`, `invalid_transaction_id`, `credential_request_denied`; the last with
 *   `code: "application_refused"` and the officer's `reason`
 */
export function createDeferredEndpoint(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { desk, access, readMessage, rightsOf, issuing, waitingRoom }: DeferredDeps,
): (agencyId: string, request: CredentialRequest) => Promise<Reply> {
  return async (agencyId, request) => {
    const grant = await access.prove(`${desk.issuerOf(agencyId)}/deferred-credential`, request)
    const now = clock()
    const message = readMessage(agencyId, request)
    const found = await find(agencyId, transactionIn(message))
    // Another wallet's id is as unknown as one that never was.
    if (!found || !grant.offers.includes(found.offerId)) throw unknown()
    const [right] = await rightsOf(agencyId, { ...grant, offers: [found.offerId] })
    const application = right?.application
    if (!right || !application) throw unknown()
    const { state, requestHash } = application
    if (state === 'issued') {
      // Used up, but for a wallet whose answer got lost: its token still brings the same copies.
      if (right.batchRequest !== requestHash || !right.sealedResponse) throw unknown()
      return message.answer(200, await issuing.again(right, requestHash))
    }
    if (application.expiresAt <= now) throw unknown()
    if (state === 'refused') throw applicationRefused(application)
    if (state === 'waiting' || right.suspendedAt) return waitingRoom.wait(message, application, now)
    const keys = found.keys.map((jwk) => ({ jwk }))
    const batch = { agencyId, right, keys, requestHash, tokenHash: grant.tokenHash, now }
    const response = await issuing.first(batch, application.id).catch((error: unknown) => {
      if (Object(error).extra?.code !== 'issuer_suspended') throw error
      return undefined
    })
    // Another request was first, or there is no key to sign with: asked again, it is told the outcome.
    return response ? message.answer(200, response) : waitingRoom.wait(message, application, now)
  }

  async function find(agencyId: string, transactionId: string): Promise<Found | undefined> {
    const [row] = await db.sql<Found>`
      SELECT "offerId", "keys" FROM "DeferredIssuance"
      WHERE "transactionHash" = ${transactionHash(transactionId)} AND "agencyId" = ${agencyId}`
    return row
  }
}

const unknown = () =>
  new OAuthError('invalid_transaction_id', 'There is no such transaction, or its credential was given out.')

function transactionIn({ body }: Message): string {
  const { transaction_id: id } = body
  if (typeof id !== 'string' || id === '')
    throw new OAuthError(
      'invalid_credential_request',
      'The parameter transaction_id is missing or no string.',
    )
  if (id.length > MAX_ID) throw unknown()
  return id
}
