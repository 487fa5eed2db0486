import type { Sql } from '@pass/database'
import type { Audit } from '../audit/service.ts'
import type { Authorization } from '../authorization/types.ts'
import type { Context } from '../context.ts'
import type { Reply } from '../http/route.ts'
import { createNonces } from '../jose/nonce.ts'
import type { Status } from '../status/service.ts'
import type { WalletTrust } from '../wallet-trust/types.ts'
import { createAgencyDesk } from './agency-desk.ts'
import { type Applications, createApplications } from './applications.ts'
import { type CredentialRequest, createCredentialEndpoint } from './credential.ts'
import { createDeferredEndpoint } from './deferred.ts'
import { createEntitlement } from './entitlement.ts'
import { createIssuing } from './issuing.ts'
import { createMessages } from './messages.ts'
import { issuerMetadata } from './metadata.ts'
import { createNotificationEndpoint } from './notification.ts'
import type { Offers } from './offers.ts'
import { createRequestKeys } from './request-keys.ts'
import { createResourceAccess } from './resource-access.ts'
import { createRights } from './rights.ts'
import { createMetadataSigner } from './signed-metadata.ts'
import { createSubjectRecords } from './subject-record.ts'
import { createIssuanceSweep } from './sweep.ts'
import { createWaitingRoom } from './waiting.ts'

export type Issuance = {
  offers: Offers
  /** Citizens' applications that wait for an officer. */
  applications: Applications
  issuerMetadata(agencyId: string): Promise<ReturnType<typeof issuerMetadata>>
  /** The same as a JWT; `undefined` while the agency has no key. */
  signedIssuerMetadata(agencyId: string): Promise<string | undefined>
  nonce(agencyId: string): Promise<Reply>
  /** Endpoints that take an access token. Their answers and refusals carry the next DPoP nonce. */
  credential(agencyId: string, request: CredentialRequest): Promise<Reply>
  deferredCredential(agencyId: string, request: CredentialRequest): Promise<Reply>
  notification(agencyId: string, request: CredentialRequest): Promise<Reply>
  /** Drops what was kept for a repetition, and the codes of offers that are over. */
  sweep(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export type IssuanceDeps = {
  offers: Offers
  authorization: Pick<Authorization, 'grantOf' | 'nonces'>
  walletTrust: Pick<WalletTrust, 'keyAttestation'>
  status: Pick<Status, 'allocate'>
  audit: Audit
  /** The relay's: writes the hashes to the outbox inside the transaction. */
  enqueueAnchors: (sql: Sql, hashes: string[]) => Promise<unknown>
}

const SWEEP_MS = 60 * 1000

/** Issuance over OpenID4VCI 1.0: one credential issuer per agency, behind the city's one authorization server. */
export function createIssuance(context: Context, deps: IssuanceDeps): Issuance {
  const { agent, city, config, clock, random, log } = context
  const { offers, audit, walletTrust } = deps
  const desk = createAgencyDesk(context)
  const recordOf = createSubjectRecords(city)
  const entitlement = createEntitlement(context)
  const nonces = createNonces({ mac: (data) => agent.mac('issuanceNonce', data), random, clock })
  const requestKeys = createRequestKeys({ mac: (data) => agent.mac('requestEncryption', data), clock })
  const vctOf = (typeId: string) => `${config.publicUrl}/credential-types/${typeId}`

  const access = createResourceAccess(context, deps.authorization)
  const readMessage = createMessages(requestKeys)
  const rightsOf = createRights(context)
  const issuing = createIssuing(context, { ...deps, desk, recordOf, vctOf })
  const waitingRoom = createWaitingRoom(context)
  const parts = { desk, access, readMessage, rightsOf, issuing, waitingRoom }
  const credential = createCredentialEndpoint(context, { ...parts, nonces, walletTrust })
  const deferred = createDeferredEndpoint(context, parts)
  const notification = createNotificationEndpoint(context, parts)
  const signMetadata = createMetadataSigner(context)
  const sweep = createIssuanceSweep(context)

  const metadataOf = async (agencyId: string) => {
    const agency = await desk.find(agencyId)
    const issuer = desk.issuerOf(agency.id)
    const requestKey = requestKeys.current(agency.id)
    return issuerMetadata({ issuer, agency, city, publicUrl: config.publicUrl, vctOf, requestKey })
  }
  let timer: NodeJS.Timeout | undefined
  let sweeping: Promise<void> | undefined

  return {
    offers,
    applications: createApplications(context, { audit, desk, entitlement, recordOf }),
    issuerMetadata: metadataOf,
    signedIssuerMetadata: async (agencyId) =>
      signMetadata(agencyId, desk.issuerOf(agencyId), await metadataOf(agencyId)),
    nonce: async (agencyId) => {
      const { id } = await desk.find(agencyId)
      return { headers: access.nonceHeader(), body: { c_nonce: nonces.create(id) } }
    },
    credential: (agencyId, request) => access.withNonce(() => credential(agencyId, request)),
    deferredCredential: (agencyId, request) => access.withNonce(() => deferred(agencyId, request)),
    notification: (agencyId, request) => access.withNonce(() => notification(agencyId, request)),
    sweep,
    start: () => {
      timer ??= setInterval(() => {
        sweeping = sweep().catch((error: unknown) =>
          log.error({ type: Object(error).name }, 'sweeping failed'),
        )
      }, SWEEP_MS)
      timer.unref()
    },
    stop: async () => {
      clearInterval(timer)
      timer = undefined
      await sweeping
    },
  }
}
