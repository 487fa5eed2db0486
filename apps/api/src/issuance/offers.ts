import { randomInt, randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import { requireAgency } from '../access/access.ts'
import type { Principal } from '../access/principal.ts'
import { hashSecret, newSecret } from '../access/secrets.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { createAgencyDesk } from './agency-desk.ts'
import { createEntitlement } from './entitlement.ts'
import { createFactsVault, type Facts } from './facts.ts'
import {
  credentialOffer,
  linkByValue,
  linksByReference,
  type OfferGrant,
  TX_CODE_LENGTH,
} from './offer-links.ts'
import type { CreatedOffer, CredentialOffer, OfferBody, OfferState, OfferView } from './schema.ts'
import { createSignInOffers, issuerStateHash, type SignInOffers } from './sign-in-offers.ts'
import { createSubjectRecords } from './subject-record.ts'

export type Offers = SignInOffers & {
  /**
   * Offers a credential to a resident.
   * @throws Problem `forbidden`, `unknown_agency`, `unknown_type`, `type_not_accredited`, `issuer_suspended`,
   *   `unknown_subject`, `not_entitled`
   */
  create(principal: Principal, body: OfferBody): Promise<CreatedOffer>
  /** @throws Problem `not_found`, also for another agency's offer */
  view(principal: Principal, id: string): Promise<OfferView>
  /**
   * In the transaction of what it follows from: an offer for the inbox of a citizen's wallet, without a transaction
   * code, since only that wallet is handed it. A suspended agency may make one; it is redeemed when it may issue again.
   * @param offer `facts` is what the credential says beyond the register
   * @throws Problem `unknown_agency`, `unknown_type`, `type_not_accredited`, `unknown_subject`, `not_entitled`
   */
  createIn(sql: Sql, offer: InboxOffer): Promise<{ id: string }>
  /** What waits in a citizen's inbox, newest first. */
  inbox(subjectId: string): Promise<InboxEntry[]>
  /** What the wallet fetches. @throws Problem `not_found`, `offer_expired`, `offer_already_used`, `offer_locked` */
  byReference(agencyId: string, id: string): Promise<CredentialOffer>
}

export type InboxOffer = {
  agencyId: string
  typeId: string
  subjectId: string
  accountId: string
  facts: Facts
  /** For the audit log: "staff:<id>", "key:<id>", "system". */
  actor: string
  ttlSeconds: number
}

export type InboxEntry = {
  id: string
  type: string
  agency: string
  /** The offer by value, with its code. */
  offerUri: string
  createdAt: Date
  expiresAt: Date
}

/** More than a citizen's wallet fetches at once. */
const MOST_WAITING = 200

/** A transaction code is short, so only an HMAC under a key outside the database keeps it. It is bound to its offer. */
export function txCodeHash(agent: Pick<Context['agent'], 'mac'>, codeHash: string, txCode: string): string {
  return agent.mac('txCode', `${codeHash}:${txCode}`)
}

export function createOffers(
  context: Pick<Context, 'db' | 'agent' | 'city' | 'config' | 'clock' | 'random'>,
  { audit }: { audit: Audit },
): Offers {
  const { db, agent, city, config, clock, random } = context
  const desk = createAgencyDesk(context)
  const recordOf = createSubjectRecords(city)
  const entitlement = createEntitlement(context)
  const facts = createFactsVault(agent)

  return {
    ...createSignInOffers(context, { audit, desk, entitlement, recordOf }),

    create: async (principal, { agency: agencyId, type: typeId, subject, grant }) => {
      requireAgency(principal, agencyId)
      const agency = await desk.find(agencyId)
      const type = entitlement.typeOf(agency, typeId)
      if (agency.suspendedAt)
        throw new Problem('issuer_suspended', 'This agency is suspended and may not issue.')
      const resident = await entitlement.subject(subject)
      const now = clock()
      entitlement.check(type, recordOf(resident), now)

      const id = randomUUID()
      const code = newSecret(random)
      const signIn = grant === 'authorization_code'
      const codeHash = signIn ? issuerStateHash(code) : hashSecret(code)
      // Who signs in needs no second secret: only the resident that the offer is for gets anywhere with it.
      const txCode = signIn
        ? undefined
        : String(randomInt(10 ** TX_CODE_LENGTH)).padStart(TX_CODE_LENGTH, '0')
      const sealedTxCode = txCode === undefined ? null : txCodeHash(agent, codeHash, txCode)
      const expiresAt = new Date(now.getTime() + config.offerTtlSeconds * 1000)
      const sealedCode = agent.seal(`offer:${id}`, Buffer.from(code))
      await db.transaction(async (sql) => {
        await sql`
          INSERT INTO "Offer" ("id", "agencyId", "typeId", "subjectId", "grant", "codeHash", "txCodeHash", "createdBy",
            "createdAt", "expiresAt", "sealedCode")
          VALUES (${id}::uuid, ${agencyId}, ${typeId}, ${resident.id}::uuid, ${grant}, ${codeHash}, ${sealedTxCode},
            ${principal.actor}, ${now}, ${expiresAt}, ${sealedCode})`
        await audit.recordIn(sql, {
          actor: principal.actor,
          action: 'offer.create',
          target: id,
          detail: { type: typeId },
        })
      })

      const issuer = desk.issuerOf(agencyId)
      return {
        id,
        ...linksByReference(`${issuer}/offers/${id}`, config.publicUrl),
        offerUriByValue: linkByValue(
          credentialOffer({ issuer, typeId, grant, code, txCode: txCode !== undefined }),
        ),
        ...(txCode === undefined ? {} : { txCode }),
        expiresAt: expiresAt.toISOString(),
      }
    },

    createIn: async (sql, { agencyId, typeId, subjectId, accountId, facts: given, actor, ttlSeconds }) => {
      const type = entitlement.typeOf(await desk.find(agencyId, sql), typeId)
      const now = clock()
      entitlement.check(type, { ...recordOf(await entitlement.subject(subjectId, sql)), facts: given }, now)
      const id = randomUUID()
      const code = newSecret(random)
      await sql`
        INSERT INTO "Offer" ("id", "agencyId", "typeId", "subjectId", "codeHash", "accountId", "sealedFacts",
          "createdBy", "createdAt", "expiresAt", "sealedCode")
        VALUES (${id}::uuid, ${agencyId}, ${typeId}, ${subjectId}::uuid, ${hashSecret(code)}, ${accountId}::uuid,
          ${facts.seal(id, given)}::bytea, ${actor}, ${now}, ${new Date(now.getTime() + ttlSeconds * 1000)},
          ${agent.seal(`offer:${id}`, Buffer.from(code))}::bytea)`
      await audit.recordIn(sql, { actor, action: 'offer.create', target: id, detail: { type: typeId } })
      return { id }
    },

    inbox: async (subjectId) => {
      // By the person, not the account: what waits stays theirs when they move to another phone.
      const rows = await db.sql<WaitingRow>`
        SELECT "id", "agencyId", "typeId", "createdAt", "expiresAt", "sealedCode" FROM "Offer"
        WHERE "subjectId" = ${subjectId}::uuid AND "accountId" IS NOT NULL AND "issuedAt" IS NULL
          AND "expiresAt" > ${clock()} AND "sealedCode" IS NOT NULL
        ORDER BY "createdAt" DESC LIMIT ${MOST_WAITING}::int`
      return rows.map(({ id, agencyId, typeId, createdAt, expiresAt, sealedCode }) => {
        const code = Buffer.from(agent.open(`offer:${id}`, sealedCode)).toString()
        const issuer = desk.issuerOf(agencyId)
        const offerUri = linkByValue(
          credentialOffer({ issuer, typeId, grant: 'pre-authorized_code', code, txCode: false }),
        )
        return { id, type: typeId, agency: agencyId, offerUri, createdAt, expiresAt }
      })
    },

    view: async (principal, id) => {
      const [row] = await db.sql<StateRow & { typeId: string; subjectId: string }>`
        SELECT "typeId", "subjectId", "expiresAt", "lockedAt", "redeemedAt", "issuedAt" FROM "Offer"
        WHERE "id" = ${id}::uuid AND "agencyId" = ${principal.agencyId}`
      if (!row) throw new Problem('not_found', 'Your agency has no such offer.')
      const { typeId: type, subjectId: subject } = row
      return { id, state: stateOf(row, clock()), type, subject, expiresAt: row.expiresAt.toISOString() }
    },

    byReference: async (agencyId, id) => {
      type Row = StateRow & {
        typeId: string
        grant: OfferGrant
        hasTxCode: boolean
        sealedCode: Uint8Array | null
      }
      const [row] = await db.sql<Row>`
        SELECT "typeId", "grant", "txCodeHash" IS NOT NULL AS "hasTxCode", "expiresAt", "lockedAt", "redeemedAt", "issuedAt", "sealedCode"
        FROM "Offer" WHERE "id" = ${id}::uuid AND "agencyId" = ${agencyId} AND "accountId" IS NULL`
      // One that lies in an inbox has no transaction code: nobody gets it for its mere address.
      // Nor is what a citizen began anybody else's business.
      if (!row || row.grant === 'sign-in') throw new Problem('not_found', 'There is no such offer.')
      const state = stateOf(row, clock())
      if (state === 'locked')
        throw new Problem('offer_locked', 'This offer was locked after too many wrong codes.')
      if (state === 'redeemed' || state === 'issued')
        throw new Problem('offer_already_used', 'This offer was used already.')
      if (state === 'expired' || !row.sealedCode)
        throw new Problem('offer_expired', 'This offer has expired.')
      const code = Buffer.from(agent.open(`offer:${id}`, row.sealedCode)).toString()
      const { typeId, grant, hasTxCode } = row
      return credentialOffer({ issuer: desk.issuerOf(agencyId), typeId, grant, code, txCode: hasTxCode })
    },
  }
}

type WaitingRow = {
  id: string
  agencyId: string
  typeId: string
  createdAt: Date
  expiresAt: Date
  sealedCode: Uint8Array
}

type StateRow = {
  expiresAt: Date
  lockedAt: Date | null
  redeemedAt: Date | null
  issuedAt: Date | null
}

function stateOf({ expiresAt, lockedAt, redeemedAt, issuedAt }: StateRow, now: Date): OfferState {
  if (issuedAt) return 'issued'
  if (lockedAt) return 'locked'
  if (redeemedAt) return 'redeemed'
  return expiresAt <= now ? 'expired' : 'open'
}
