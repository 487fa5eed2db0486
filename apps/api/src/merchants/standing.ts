import type { Database, Sql } from '@pass/database'
import { commandIn } from '../mileage/commands.ts'

/**
 * Tells the chain that a payee is frozen or not, unless the last that it was told is that already.
 * @returns whether there was something to tell
 */
export async function setFrozenIn(sql: Sql, id: number, frozen: boolean): Promise<boolean> {
  const told = await sql<{ args: { frozen: boolean } }>`
    SELECT "args" FROM "ChainCommand" WHERE "call" = 'setPayeeFrozen' AND "args"->'id' = to_jsonb(${id}::int)
    ORDER BY "id" DESC`
  if ((told[0]?.args.frozen ?? false) === frozen) return false
  await commandIn(sql, {
    key: `payee:${id}:frozen:${told.length + 1}`,
    call: 'setPayeeFrozen',
    args: { id, frozen },
  })
  return true
}

/**
 * Freezes on the chain what is frozen here, once nothing held before is left: the merchant has handed out the goods,
 * and the chain would refuse those payments, with the whole batch that they are in.
 */
export async function freezeOnChain(db: Database): Promise<void> {
  const rows = await db.sql<{ id: number }>`
    SELECT p."id" FROM "Payee" p WHERE p."status" = 'frozen' AND NOT EXISTS (
      SELECT 1 FROM "Redemption" r WHERE r."payeeId" = p."id" AND r."status" IN ('held', 'batched'))
      AND NOT EXISTS (
        SELECT 1 FROM "ChainCommand" c WHERE c."call" = 'setPayeeFrozen' AND c."status" = 'pending'
          AND c."args"->'id' = to_jsonb(p."id"))`
  for (const { id } of rows)
    await db.transaction(async (sql) => {
      const [locked] = await sql`SELECT 1 FROM "Payee" WHERE "id" = ${id} AND "status" = 'frozen' FOR UPDATE`
      if (locked) await setFrozenIn(sql, id, true)
    })
}
