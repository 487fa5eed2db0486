import { randomInt, randomUUID } from 'node:crypto'
import { CredentialError, claimsFor } from '@pass/credentials'
import { requireAgency } from '../access/access.ts'
import type { Principal } from '../access/principal.ts'
import { hashSecret, newSecret } from '../access/secrets.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Resident } from '../register/resident.ts'
import type { AgencyDesk } from './agency-desk.ts'
import { PRE_AUTHORIZED } from './metadata.ts'
import type { CreatedOffer, CredentialOffer, OfferBody, OfferState, OfferView } from './schema.ts'
import { dateInSeoul } from './subject-record.ts'

export type Offers = {
  /**
   * Offers a credential to a resident.
   * @throws Problem `forbidden`, `unknown_agency`, `unknown_type`, `type_not_accredited`, `issuer_suspended`,
   *   `unknown_subject`, `not_entitled`
   */
  create(principal: Principal, body: OfferBody): Promise<CreatedOffer>
  /** @throws Problem `not_found`, also for another agency's offer */
  view(principal: Principal, id: string): Promise<OfferView>
  /** What the wallet fetches. @throws Problem `not_found`, `offer_expired`, `offer_already_used`, `offer_locked` */
  byReference(agencyId: string, id: string): Promise<CredentialOffer>
}

type OffersDeps = { audit: Audit; desk: AgencyDesk; recordOf: (row: Resident) => Record<string, unknown> }

const TX_CODE_LENGTH = 6
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
  const offerOf = (agencyId: string, typeId: string, code: string): CredentialOffer => ({
    credential_issuer: desk.issuerOf(agencyId),
    credential_configuration_ids: [typeId],
    grants: {
      [PRE_AUTHORIZED]: {
        'pre-authorized_code': code,
        tx_code: {
          input_mode: 'numeric',
          length: TX_CODE_LENGTH,
          description: '담당자가 알려 준 여섯 자리 숫자를 입력해 주세요.',
        },
      },
    },
  })

  const subjectFor = async (subject: string): Promise<Resident> => {
    const [row] = UUID.test(subject)
      ? await db.sql<Resident>`SELECT * FROM "Resident" WHERE "id" = ${subject}::uuid`
      : await db.sql<Resident>`SELECT * FROM "Resident" WHERE "registerNo" = ${subject}`
    if (!row) throw new Problem('unknown_subject', 'The register knows no such person.')
    return row
  }

  return {
    create: async (principal, { agency: agencyId, type: typeId, subject }) => {
      requireAgency(principal, agencyId)
      const agency = await desk.find(agencyId)
      const type = city.types.get(typeId)
      if (!type) throw new Problem('unknown_type', `There is no credential type "${typeId}".`)
      if (!agency.types.includes(typeId))
        throw new Problem('type_not_accredited', `This agency is not accredited for "${typeId}".`)
      if (agency.suspendedAt)
        throw new Problem('issuer_suspended', 'This agency is suspended and may not issue.')
      const resident = await subjectFor(subject)
      const now = clock()
      try {
        claimsFor(type, recordOf(resident), dateInSeoul(now))
      } catch (error) {
        if (!(error instanceof CredentialError) || error.code !== 'not_entitled') throw error
        throw new Problem('not_entitled', 'The register does not show what this credential requires.')
      }

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
      const value = encodeURIComponent(JSON.stringify(offerOf(agencyId, typeId, code)))
      return {
        id,
        offerUri: `openid-credential-offer://?${reference}`,
        offerUriByValue: `openid-credential-offer://?credential_offer=${value}`,
        // After the # : a browser does not send it, so no log on the way holds it.
        walletLink: `${config.publicUrl}/wallet/receive#${reference}`,
        txCode,
        expiresAt: expiresAt.toISOString(),
      }
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
        FROM "Offer" WHERE "id" = ${id}::uuid AND "agencyId" = ${agencyId}`
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
