import { randomInt, randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { WalletPrincipal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { groupBodySchema, groupSchema } from './schema.ts'
import type { Member } from './signups.ts'

type View = z.output<typeof groupSchema>

export type Groups = {
  create(wallet: WalletPrincipal, body: z.output<typeof groupBodySchema>): Promise<View>
  /** Who joins lets the leader sign them up. @throws Problem `not_found` for a wrong code, `conflict` when it is full */
  join(wallet: WalletPrincipal, code: string): Promise<View>
  leave(wallet: WalletPrincipal, id: string): Promise<void>
  list(wallet: WalletPrincipal): Promise<View[]>
}

/** Without letters and digits that look alike; read out in a classroom. */
const LETTERS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'
const MOST_MEMBERS = 300
const MOST_LED = 50

export function createGroups({ db, clock }: Pick<Context, 'db' | 'clock'>): Groups {
  const read = async (sql: Sql, { subjectId }: WalletPrincipal, id: string): Promise<View> => {
    const [row] = await sql<Row>`
      SELECT g."id", g."name", g."kind", g."joinCode", w."subjectId" = ${subjectId}::uuid AS "leader",
        (SELECT COUNT(*)::int FROM "GroupMember" m WHERE m."groupId" = g."id") AS "members"
      FROM "VolunteerGroup" g JOIN "WalletAccount" w ON w."id" = g."leaderId" WHERE g."id" = ${id}::uuid`
    if (!row) throw new Problem('not_found', 'There is no such group.')
    return viewOf(row)
  }
  const addIn = async (sql: Sql, groupId: string, { accountId }: WalletPrincipal) => {
    await sql`
      INSERT INTO "GroupMember" ("groupId", "accountId", "joinedAt") VALUES (${groupId}::uuid, ${accountId}::uuid, ${clock()})
      ON CONFLICT DO NOTHING`
  }
  return {
    create: (wallet, { name, kind, participates }) =>
      db.transaction(async (sql) => {
        const [led] = await sql<{ count: number }>`
          SELECT COUNT(*)::int AS "count" FROM "VolunteerGroup" WHERE "leaderId" = ${wallet.accountId}::uuid`
        if (led && led.count >= MOST_LED)
          throw new Problem('conflict', 'Nobody leads more than fifty groups.')
        const id = randomUUID()
        const joinCode = Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
        await sql`
          INSERT INTO "VolunteerGroup" ("id", "name", "kind", "joinCode", "leaderId", "createdAt")
          VALUES (${id}::uuid, ${name}, ${kind}, ${joinCode}, ${wallet.accountId}::uuid, ${clock()})`
        if (participates) await addIn(sql, id, wallet)
        return read(sql, wallet, id)
      }),
    join: (wallet, code) =>
      db.transaction(async (sql) => {
        const [group] = await sql<{ id: string }>`
          SELECT "id" FROM "VolunteerGroup" WHERE "joinCode" = ${code} FOR UPDATE`
        if (!group) throw new Problem('not_found', 'No group has this code.')
        const { members } = await read(sql, wallet, group.id)
        if (members >= MOST_MEMBERS) throw new Problem('conflict', 'The group is full.')
        await addIn(sql, group.id, wallet)
        return read(sql, wallet, group.id)
      }),
    leave: async ({ subjectId }, id) => {
      await db.sql`
        DELETE FROM "GroupMember" WHERE "groupId" = ${id}::uuid AND "accountId" IN (
          SELECT "id" FROM "WalletAccount" WHERE "subjectId" = ${subjectId}::uuid)`
    },
    list: async ({ subjectId }) => {
      const rows = await db.sql<Row>`
        SELECT g."id", g."name", g."kind", g."joinCode", l."subjectId" = ${subjectId}::uuid AS "leader",
          (SELECT COUNT(*)::int FROM "GroupMember" m WHERE m."groupId" = g."id") AS "members"
        FROM "VolunteerGroup" g JOIN "WalletAccount" l ON l."id" = g."leaderId"
        WHERE l."subjectId" = ${subjectId}::uuid OR EXISTS (
          SELECT 1 FROM "GroupMember" m JOIN "WalletAccount" w ON w."id" = m."accountId"
          WHERE m."groupId" = g."id" AND w."subjectId" = ${subjectId}::uuid)
        ORDER BY g."createdAt" DESC, g."id" LIMIT 200`
      return rows.map(viewOf)
    },
  }
}

/**
 * All members, when the asking one leads the group; null when they are a member, who then speaks for themselves.
 * @throws Problem `not_found` for somebody else's group
 */
export async function membersOf(
  sql: Sql,
  groupId: string,
  { subjectId }: WalletPrincipal,
): Promise<Member[] | null> {
  const [leader] = await sql`
    SELECT 1 FROM "VolunteerGroup" g JOIN "WalletAccount" l ON l."id" = g."leaderId"
    WHERE g."id" = ${groupId}::uuid AND l."subjectId" = ${subjectId}::uuid`
  // The newest open wallet of each: who got a new phone is still in the class.
  const members = await sql<Member>`
    SELECT DISTINCT ON (w."subjectId") w."id" AS "accountId", w."subjectId", w."adultProvenAt" IS NOT NULL AS "adult"
    FROM "GroupMember" m JOIN "WalletAccount" o ON o."id" = m."accountId"
    JOIN "WalletAccount" w ON w."subjectId" = o."subjectId" AND w."status" = 'open'
    WHERE m."groupId" = ${groupId}::uuid ORDER BY w."subjectId", w."createdAt" DESC`
  if (leader) return members
  if (members.some((member) => member.subjectId === subjectId)) return null
  throw new Problem('not_found', 'You are in no such group.')
}

type Row = { id: string; name: string; kind: string; joinCode: string; leader: boolean; members: number }

function viewOf({ joinCode, kind, ...row }: Row): View {
  return { ...row, kind: kind as View['kind'], joinCode: row.leader ? joinCode : null }
}
