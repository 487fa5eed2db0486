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

/** Batches between which the copies of one credential are spread: as many as an issuer gives at once. */
export const SLOTS = 10

/**
 * `enqueue` for the hashes of one credential's copies, in one statement. Each goes into a batch of its own, a moment
 * after the one before: two verifiers who compare what they were shown find neither the same root nor the same block.
 * @param spreadMs milliseconds between one copy and the next
 */
export async function enqueueAnchors(sql: Sql, hashes: readonly string[], spreadMs = 0): Promise<void> {
  if (!hashes.every((hash) => HASH.test(hash))) {
    throw new RangeError('An outbox key is 64 lower-case hex digits.')
  }
  // Where it begins is chance, so that the slots fill evenly.
  await sql`
    INSERT INTO "Outbox" ("kind", "key", "payload", "slot", "notBefore")
    SELECT 'anchor', hash, '{}'::jsonb, (start + place) % ${SLOTS}::int,
      now() + (place - 1) * ${spreadMs}::int * interval '1 millisecond'
    FROM unnest(${[...hashes]}::text[]) WITH ORDINALITY AS copy(hash, place),
      (SELECT floor(random() * ${SLOTS}::int)::int AS start) AS first
    ON CONFLICT ("kind", "key") DO NOTHING`
}
