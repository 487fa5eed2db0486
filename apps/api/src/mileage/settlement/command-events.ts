import type { Sql } from '@pass/database'
import type { Call, Commands } from '../commands.ts'

/** The event of a command came: it is done. `args` are those that the event tells, and that name the command. */
export async function doneIn<Name extends Call>(
  sql: Sql,
  call: Name,
  args: Partial<Commands[Name]>,
): Promise<void> {
  await sql`
    UPDATE "ChainCommand" SET "status" = 'done' WHERE "id" = (
      SELECT "id" FROM "ChainCommand"
      WHERE "status" = 'pending' AND "call" = ${call} AND "args" @> ${JSON.stringify(args)}::jsonb
      ORDER BY "id" LIMIT 1)`
}

/** The event was taken back: the command is to be sent again. */
export async function undoneIn<Name extends Call>(
  sql: Sql,
  call: Name,
  args: Partial<Commands[Name]>,
): Promise<void> {
  await sql`
    UPDATE "ChainCommand" SET "status" = 'pending' WHERE "id" = (
      SELECT "id" FROM "ChainCommand"
      WHERE "status" = 'done' AND "call" = ${call} AND "args" @> ${JSON.stringify(args)}::jsonb
      ORDER BY "id" DESC LIMIT 1)`
}

/** The chain had done it before the command was written down, as after a restored backup: what follows, follows. */
export async function finishCommand(
  sql: Sql,
  { id, call, args }: { id: bigint; call: Call; args: Commands[Call] },
): Promise<void> {
  await sql`UPDATE "ChainCommand" SET "status" = 'done' WHERE "id" = ${id}::bigint`
  const about = 'id' in args ? Number(args.id) : 0
  if (call === 'createProgramme' || call === 'resumeProgramme')
    await sql`UPDATE "Programme" SET "status" = 'active' WHERE "id" = ${about}::int`
  if (call === 'registerPayee')
    await sql`UPDATE "Payee" SET "status" = 'active' WHERE "id" = ${about}::int AND "status" = 'approved'`
  if (call === 'setPayeeFrozen' && 'frozen' in args && !args.frozen)
    await sql`UPDATE "Payee" SET "status" = 'active' WHERE "id" = ${about}::int AND "status" = 'frozen'`
}
