import type { Sql } from '@pass/database'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import type { Status } from '../status/service.ts'
import { createAgencyDesk } from './agency-desk.ts'
import { type CredentialRequest, type CredentialResponse, createCredentialEndpoint } from './credential.ts'
import { authorizationServerMetadata, issuerMetadata } from './metadata.ts'
import { createNonces } from '../jose/nonce.ts'
import { createOffers, type Offers } from './offers.ts'
import { createSubjectRecords } from './subject-record.ts'
import { createTokenEndpoint, type TokenRequest, type TokenResponse } from './token.ts'

export type Issuance = {
  offers: Offers
  issuerMetadata(agencyId: string): Promise<ReturnType<typeof issuerMetadata>>
  authorizationServerMetadata(agencyId: string): Promise<ReturnType<typeof authorizationServerMetadata>>
  nonce(agencyId: string): Promise<{ c_nonce: string }>
  token(agencyId: string, request: TokenRequest): Promise<TokenResponse>
  credential(agencyId: string, request: CredentialRequest): Promise<CredentialResponse>
  /** Drops what was kept for a repetition, and the codes of offers that are over. */
  sweep(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export type IssuanceDeps = {
  status: Pick<Status, 'allocate'>
  audit: Audit
  /** The relay's: writes the hashes to the outbox inside the transaction. */
  enqueueAnchors: (sql: Sql, hashes: string[]) => Promise<unknown>
}

const KEEP_MS = 10 * 60 * 1000
const SWEEP_MS = 60 * 1000

/** Issuance over OpenID4VCI 1.0: one credential issuer, which is its own authorization server, per agency. */
export function createIssuance(context: Context, { status, audit, enqueueAnchors }: IssuanceDeps): Issuance {
  const { db, agent, city, config, clock, random, log } = context
  const desk = createAgencyDesk(context)
  const recordOf = createSubjectRecords(city)
  const nonces = createNonces({ mac: (data) => agent.mac('issuanceNonce', data), random, clock })
  const vctOf = (typeId: string) => `${config.publicUrl}/credential-types/${typeId}`
  let timer: NodeJS.Timeout | undefined
  let sweeping: Promise<void> | undefined

  const sweep = async () => {
    const now = clock()
    await db.sql`
      UPDATE "Credential" SET "sealedResponse" = NULL
      WHERE "sealedResponse" IS NOT NULL AND "issuedAt" < ${new Date(now.getTime() - KEEP_MS)}`
    await db.sql`UPDATE "Offer" SET "sealedCode" = NULL WHERE "sealedCode" IS NOT NULL AND "expiresAt" < ${now}`
    // A token that was given in the last moment still counts for a while.
    await db.sql`
      UPDATE "Offer" SET "sealedFacts" = NULL
      WHERE "sealedFacts" IS NOT NULL AND "expiresAt" < ${new Date(now.getTime() - 2 * KEEP_MS)}`
  }

  return {
    offers: createOffers(context, { audit, desk, recordOf }),
    token: createTokenEndpoint(context, { desk, nonces }),
    credential: createCredentialEndpoint(context, { desk, nonces, status, recordOf, enqueueAnchors, vctOf }),
    issuerMetadata: async (agencyId) =>
      issuerMetadata(desk.issuerOf(agencyId), await desk.find(agencyId), city, vctOf),
    authorizationServerMetadata: async (agencyId) => {
      const { id } = await desk.find(agencyId)
      return authorizationServerMetadata(desk.issuerOf(id))
    },
    nonce: async (agencyId) => {
      const { id } = await desk.find(agencyId)
      return { c_nonce: nonces.create(id) }
    },
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
