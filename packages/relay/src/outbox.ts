import type { Sql } from '@pass/database'

/** What can be sent to the chain. The payload says what the key alone does not. */
export type OutboxPayload = {
  /** Key: sha256 of the issuer-signed part of a credential. */
  anchor: Record<string, never>
  /** Key: sha256 of the published status list token. */
  statusList: { listId: string; version: number }
}

const HASH = /^[0-9a-f]{64}$/

/**
 * Notes a fact that must reach the chain, in the transaction `sql` that makes it a fact: both commit or neither does.
 * `key` is a sha256 in lower-case hex without `0x`; the same key twice is one fact.
 * @throws RangeError for another key: a malformed row would stop the relay for everyone.
 */
export async function enqueue<Kind extends keyof OutboxPayload>(
  sql: Sql,
  kind: Kind,
  key: string,
  payload: OutboxPayload[Kind],
): Promise<void> {
  if (!HASH.test(key)) throw new RangeError('An outbox key is 64 lower-case hex digits.')
  await sql`
    INSERT INTO "Outbox" ("kind", "key", "payload") VALUES (${kind}, ${key}, ${JSON.stringify(payload)}::jsonb)
    ON CONFLICT ("kind", "key") DO NOTHING`
}

/** `enqueue` for the hashes of many credentials in one statement. */
export async function enqueueAnchors(sql: Sql, hashes: readonly string[]): Promise<void> {
  if (!hashes.every((hash) => HASH.test(hash))) {
    throw new RangeError('An outbox key is 64 lower-case hex digits.')
  }
  await sql`
    INSERT INTO "Outbox" ("kind", "key", "payload")
    SELECT 'anchor', hash, '{}'::jsonb FROM unnest(${[...hashes]}::text[]) AS hash
    ON CONFLICT ("kind", "key") DO NOTHING`
}
