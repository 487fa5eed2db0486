import { keccak256, toUtf8Bytes } from 'ethers'
import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { commandIn } from './commands.ts'
import { requireProgramme } from './programmes.ts'
import type { correctionSchema } from './schema.ts'

type CorrectionView = z.output<typeof correctionSchema>

/** Points that were given by mistake are taken back with a reason, and by two people. */
export type Corrections = {
  /** Newest first; an owner sees those of their own programme. */
  list(principal: Principal): Promise<CorrectionView[]>
  propose(
    principal: Principal,
    awardId: string,
    correction: { amount: bigint; reason: string },
  ): Promise<CorrectionView>
  /** @throws Problem `same_person` for one's own */
  approve(principal: Principal, id: string): Promise<CorrectionView>
  reject(principal: Principal, id: string): Promise<CorrectionView>
}

type Row = {
  id: bigint
  programmeId: number
  number: string
  amount: bigint
  debited: bigint | null
  reason: string
  status: CorrectionView['status']
  proposedBy: string
  createdAt: Date
}

const MOST = 200

export function createCorrections(
  { db, clock, random }: Pick<Context, 'db' | 'clock' | 'random'>,
  { audit, ring }: { audit: Audit; ring: () => void },
): Corrections {
  const viewFor =
    ({ actor }: Principal) =>
    ({ id, programmeId, number, amount, debited, createdAt, ...rest }: Row): CorrectionView => ({
      ...rest,
      id: String(id),
      programme: programmeId,
      account: number,
      amount: String(amount),
      debited: debited === null ? null : String(debited),
      own: rest.proposedBy === actor,
      createdAt: createdAt.toISOString(),
    })
  const rowsFor = (principal: Principal, id: bigint | null) => db.sql<Row>`
    SELECT c."id", c."programmeId", a."number", c."amount", c."debited", c."reason", c."status", c."proposedBy", c."createdAt"
    FROM "Correction" c JOIN "WalletAccount" a ON a."id" = c."accountId"
    WHERE (${id}::bigint IS NULL OR c."id" = ${id}::bigint)
      AND (${principal.role === 'operator'}::boolean OR c."programmeId" = ${principal.programmeId}::int)
    ORDER BY c."id" DESC LIMIT ${MOST}::int`
  const find = async (principal: Principal, id: bigint): Promise<CorrectionView> => {
    const [row] = await rowsFor(principal, id)
    if (!row) throw new Problem('not_found', 'There is no such correction.')
    return viewFor(principal)(row)
  }

  /** Once, and by somebody else when it takes points. */
  const decide = async (principal: Principal, id: string, decision: 'approved' | 'rejected') => {
    await db.transaction(async (sql) => {
      const [row] = await sql<{ proposedBy: string; status: string }>`
        SELECT "proposedBy", "status" FROM "Correction" WHERE "id" = ${id}::bigint FOR UPDATE`
      if (!row) throw new Problem('not_found', 'There is no such correction.')
      if (row.status !== 'proposed') throw new Problem('conflict', 'This was decided already.')
      if (decision === 'approved' && row.proposedBy === principal.actor)
        throw new Problem('same_person', 'You proposed this: somebody else must approve it.')
      await sql`
        UPDATE "Correction" SET "status" = ${decision}, "approvedBy" = ${decision === 'approved' ? principal.actor : null}
        WHERE "id" = ${id}::bigint`
      const [call, verb] =
        decision === 'approved'
          ? (['approveCorrection', 'approve'] as const)
          : (['rejectCorrection', 'reject'] as const)
      await commandIn(sql, { key: `correction:${id}:decide`, call, args: { id } })
      await audit.recordIn(sql, { actor: principal.actor, action: `correction.${verb}`, target: id })
    })
    ring()
    return find(principal, BigInt(id))
  }

  return {
    list: async (principal) => (await rowsFor(principal, null)).map(viewFor(principal)),

    propose: async (principal, awardId, { amount, reason }) => {
      const id = await db.transaction(async (sql) => {
        type Awarded = {
          programmeId: number
          accountId: string
          address: string
          points: number
          status: string
        }
        const [award] = await sql<Awarded>`
          SELECT "programmeId", "accountId", "address", "points", "status" FROM "Award"
          WHERE "id" = ${awardId}::uuid FOR UPDATE`
        if (!award) throw new Problem('not_found', 'There is no such award.')
        requireProgramme(principal, award.programmeId)
        if (award.status !== 'confirmed')
          throw new Problem('conflict', 'These points are not confirmed yet. Try again in a moment.')
        const [taken] = await sql<{ points: bigint }>`
          SELECT COALESCE(SUM("amount"), 0)::bigint AS "points" FROM "Correction"
          WHERE "awardId" = ${awardId}::uuid AND "status" <> 'rejected'`
        if (amount + (taken?.points ?? 0n) > BigInt(award.points))
          throw new Problem('conflict', 'This is more than was given.')
        // The citizen may have another wallet by now, with the points in it.
        const [holder] = await sql<{ id: string; address: string }>`
          SELECT "open"."id", "open"."address" FROM "WalletAccount" "open" JOIN "WalletAccount" "own" USING ("subjectId")
          WHERE "own"."id" = ${award.accountId}::uuid AND "open"."status" = 'open'`
        const account = holder ?? { id: award.accountId, address: award.address }
        const salted = Buffer.concat([random(32), toUtf8Bytes(reason)])
        const reasonHash = keccak256(salted)
        const [row] = await sql<{ id: bigint }>`
          INSERT INTO "Correction" ("awardId", "accountId", "address", "programmeId", "amount", "reason", "reasonHash",
            "proposedBy", "status", "createdAt")
          VALUES (${awardId}::uuid, ${account.id}::uuid, ${account.address}, ${award.programmeId}, ${amount}, ${reason},
            ${reasonHash}, ${principal.actor}, 'proposed', ${clock()})
          RETURNING "id"`
        if (!row) throw new Error('The database gave the correction no number.')
        await commandIn(sql, {
          key: `correction:${row.id}:propose`,
          call: 'proposeCorrection',
          args: {
            id: String(row.id),
            holder: account.address,
            programme: award.programmeId,
            amount: String(amount),
            reasonHash,
          },
        })
        const target = String(row.id)
        const detail = { award: awardId, amount: String(amount) }
        await audit.recordIn(sql, { actor: principal.actor, action: 'correction.propose', target, detail })
        return row.id
      })
      ring()
      return find(principal, id)
    },

    approve: (principal, id) => decide(principal, id, 'approved'),
    reject: (principal, id) => decide(principal, id, 'rejected'),
  }
}
