import { randomInt, randomUUID } from 'node:crypto'
import { CredentialError, type CredentialType, claimsFor } from '@pass/credentials'
import type { Sql } from '@pass/database'
import { requireAgency } from '../access/access.ts'
import type { Principal } from '../access/principal.ts'
import { hashSecret, newSecret } from '../access/secrets.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Resident } from '../register/resident.ts'
import { dateOf } from '../time/korea.ts'
import type { AgencyDesk, AgencyRow } from './agency-desk.ts'
import { createFactsVault, type Facts } from './facts.ts'
import { PRE_AUTHORIZED } from './metadata.ts'
import type { CreatedOffer, CredentialOffer, OfferBody, OfferState, OfferView } from './schema.ts'

export type Offers = {
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

type OffersDeps = { audit: Audit; desk: AgencyDesk; recordOf: (row: Resident) => Record<string, unknown> }

const TX_CODE_LENGTH = 6
const TX_CODE = {
  input_mode: 'numeric',
  length: TX_CODE_LENGTH,
  description: '담당자가 알려 준 여섯 자리 숫자를 입력해 주세요.',
}
/** More than a citizen's wallet fetches at once. */
const MOST_WAITING = 200
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A transaction code is short, so only an HMAC under a key outside the database keeps it. It is bound to its offer. */
export function txCodeHash(agent: Pick<Context['agent'], 'mac'>, codeHash: string, txCode: string): string {
  return agent.mac('txCode', `${codeHash}:${txCode}`)
}

export function createOffers(
  {
    db,
    agent,
    city,
    config,
    clock,
    random,
  }: Pick<Context, 'db' | 'agent' | 'city' | 'config' | 'clock' | 'random'>,
  { audit, desk, recordOf }: OffersDeps,
): Offers {
  const facts = createFactsVault(agent)
  const offerOf = (
    agencyId: string,
    typeId: string,
    code: string,
    txCode: Record<string, unknown> = { tx_code: TX_CODE },
  ): CredentialOffer => ({
    credential_issuer: desk.issuerOf(agencyId),
    credential_configuration_ids: [typeId],
    grants: { [PRE_AUTHORIZED]: { 'pre-authorized_code': code, ...txCode } },
  })
  const byValue = (offer: CredentialOffer) =>
    `openid-credential-offer://?credential_offer=${encodeURIComponent(JSON.stringify(offer))}`

  /** @throws Problem `unknown_type`, `type_not_accredited` */
  const typeOf = (agency: AgencyRow, typeId: string): CredentialType => {
    const type = city.types.get(typeId)
    if (!type) throw new Problem('unknown_type', `There is no credential type "${typeId}".`)
    if (!agency.types.includes(typeId))
      throw new Problem('type_not_accredited', `This agency is not accredited for "${typeId}".`)
    return type
  }

  /** @throws Problem `not_entitled` */
  const checkEntitled = (type: CredentialType, record: Record<string, unknown>, now: Date): void => {
    try {
      claimsFor(type, record, dateOf(now))
    } catch (error) {
      if (!(error instanceof CredentialError) || error.code !== 'not_entitled') throw error
      throw new Problem('not_entitled', 'The register does not show what this credential requires.')
    }
  }

  const subjectFor = async (subject: string, sql: Sql = db.sql): Promise<Resident> => {
    const [row] = UUID.test(subject)
      ? await sql<Resident>`SELECT * FROM "Resident" WHERE "id" = ${subject}::uuid`
      : await sql<Resident>`SELECT * FROM "Resident" WHERE "registerNo" = ${subject}`
    if (!row) throw new Problem('unknown_subject', 'The register knows no such person.')
    return row
  }

  return {
    create: async (principal, { agency: agencyId, type: typeId, subject }) => {
      requireAgency(principal, agencyId)
      const agency = await desk.find(agencyId)
      const type = typeOf(agency, typeId)
      if (agency.suspendedAt)
        throw new Problem('issuer_suspended', 'This agency is suspended and may not issue.')
      const resident = await subjectFor(subject)
      const now = clock()
      checkEntitled(type, recordOf(resident), now)

      const id = randomUUID()
      const code = newSecret(random)
      const codeHash = hashSecret(code)
      const txCode = String(randomInt(10 ** TX_CODE_LENGTH)).padStart(TX_CODE_LENGTH, '0')
      const expiresAt = new Date(now.getTime() + config.offerTtlSeconds * 1000)
      const sealedCode = agent.seal(`offer:${id}`, Buffer.from(code))
      await db.transaction(async (sql) => {
        await sql`
          INSERT INTO "Offer" ("id", "agencyId", "typeId", "subjectId", "codeHash", "txCodeHash", "createdBy", "createdAt",
            "expiresAt", "sealedCode")
          VALUES (${id}::uuid, ${agencyId}, ${typeId}, ${resident.id}::uuid, ${codeHash},
            ${txCodeHash(agent, codeHash, txCode)}, ${principal.actor}, ${now}, ${expiresAt}, ${sealedCode})`
        await audit.recordIn(sql, {
          actor: principal.actor,
          action: 'offer.create',
          target: id,
          detail: { type: typeId },
        })
      })

      const reference = `credential_offer_uri=${encodeURIComponent(`${desk.issuerOf(agencyId)}/offers/${id}`)}`
      return {
        id,
        offerUri: `openid-credential-offer://?${reference}`,
        offerUriByValue: byValue(offerOf(agencyId, typeId, code)),
        // After the # : a browser does not send it, so no log on the way holds it.
        walletLink: `${config.publicUrl}/wallet/receive#${reference}`,
        txCode,
        expiresAt: expiresAt.toISOString(),
      }
    },

    createIn: async (sql, { agencyId, typeId, subjectId, accountId, facts: given, actor, ttlSeconds }) => {
      const type = typeOf(await desk.find(agencyId, sql), typeId)
      const now = clock()
      checkEntitled(type, { ...recordOf(await subjectFor(subjectId, sql)), facts: given }, now)
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
        const offerUri = byValue(offerOf(agencyId, typeId, code, {}))
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
      const [row] = await db.sql<StateRow & { typeId: string; sealedCode: Uint8Array | null }>`
        SELECT "typeId", "expiresAt", "lockedAt", "redeemedAt", "issuedAt", "sealedCode"
        FROM "Offer" WHERE "id" = ${id}::uuid AND "agencyId" = ${agencyId} AND "accountId" IS NULL`
      // One that lies in an inbox has no transaction code: nobody gets it for its mere address.
      if (!row) throw new Problem('not_found', 'There is no such offer.')
      const state = stateOf(row, clock())
      if (state === 'locked')
        throw new Problem('offer_locked', 'This offer was locked after too many wrong codes.')
      if (state === 'redeemed' || state === 'issued')
        throw new Problem('offer_already_used', 'This offer was used already.')
      if (state === 'expired' || !row.sealedCode)
        throw new Problem('offer_expired', 'This offer has expired.')
      return offerOf(agencyId, row.typeId, Buffer.from(agent.open(`offer:${id}`, row.sealedCode)).toString())
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
