import { readTransactionData } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { Principal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Desks } from './desk-of.ts'
import type { KeptAnswers } from './kept-answers.ts'
import type { OpenRequests } from './open-requests.ts'
import type { createQueries } from './query.ts'
import type { CreateVerification, VerificationSummary, VerificationView } from './schema.ts'
import { listResults, type SummaryRow, takeAnswer, takeResult } from './store.ts'

/** Disclosed values that nobody has read are dropped after this. */
export const CLAIMS_SECONDS = 600
const RECENT = 50

export type ResultsDeps = {
  desks: Desks
  requests: OpenRequests
  askedQuery: ReturnType<typeof createQueries>
  keptAnswers: KeptAnswers
}

/** What verifiers learn of their requests. */
export function createResults(context: Context, deps: ResultsDeps) {
  const { db, clock, city } = context
  const { desks, requests, askedQuery, keptAnswers } = deps
  const oldestAt = (now: Date) => new Date(now.getTime() - CLAIMS_SECONDS * 1000)

  async function read(principal: Principal, id: string): Promise<VerificationView> {
    const now = clock()
    const row = await takeResult(
      db.sql,
      { id, verifierId: desks.verifierOf(principal), actor: principal.actor },
      { now, oldest: oldestAt(now) },
    )
    if (!row) throw new Problem('not_found', 'You have asked no such question.')
    const claims = row.taken && row.sealedClaims ? keptAnswers.open(id, row.sealedClaims).claims : null
    const known: SummaryRow =
      requests.isFetched(id) && row.state === 'created' ? { ...row, state: 'fetched' } : row
    return {
      ...summaryOf(known, now),
      // Before the browser is back, not even why it would be refused.
      checks: row.state === 'answered' ? [] : (row.checks ?? []),
      claims,
      claimsDropped: row.state === 'accepted' && claims === null,
      transactions: row.transactionData.map(transactionOf),
    }
  }

  /** It was checked against its type when the request was made; a type that is gone since says nothing any more. */
  function transactionOf(encoded: string): VerificationView['transactions'][number] {
    const content = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')) as {
      type: string
      credential_ids: string[]
    }
    const declared = city.transactionTypes.some(({ id }) => id === content.type)
    const text = declared
      ? readTransactionData(encoded, city.transactionTypes, content.credential_ids).text
      : { ko: content.type, en: content.type }
    return { type: content.type, text }
  }

  async function takeSubjects(sql: Sql, principal: Principal, id: string, question: CreateVerification) {
    const now = clock()
    const key = {
      id,
      verifierId: desks.verifierOf(principal),
      actor: principal.actor,
      dcql: JSON.stringify(askedQuery(question).dcql),
    }
    const row = await takeAnswer(sql, key, { now, oldest: oldestAt(now) })
    if (!row) throw new Problem('not_found', 'You have asked no such question.')
    const { state, refusal } = row
    if (state === 'refused')
      throw new Problem('verification_refused', 'What was shown was not accepted.', { refusal })
    if (state !== 'accepted')
      throw row.expiresAt <= now
        ? new Problem('expired', 'Nothing was shown in time.')
        : new Problem('verification_pending', 'Nothing was shown yet.')
    if (!row.taken || !row.sealedClaims)
      throw new Problem('verification_spent', 'This was used already, or too long ago.')
    const { copies = [] } = keptAnswers.open(id, row.sealedClaims)
    const subjects = await sql<{ subjectId: string }>`
      SELECT DISTINCT c."subjectId" FROM "CredentialCopy" y JOIN "Credential" c ON c."id" = y."credentialId"
      WHERE y."hash" = ANY(${copies}::text[])`
    if (subjects.length === 0) throw new Problem('unknown_subject', 'The card shown is not one of this city.')
    return subjects.map(({ subjectId }) => subjectId)
  }

  async function list(principal: Principal): Promise<VerificationSummary[]> {
    const now = clock()
    const rows = await listResults(db.sql, desks.verifierOf(principal), RECENT)
    return rows.map((row) => summaryOf(row, now))
  }

  return { read, takeSubjects, list }
}

function summaryOf(row: SummaryRow, now: Date): VerificationSummary {
  const { id, template, createdAt, expiresAt, answeredAt } = row
  return {
    id,
    template,
    ...outcomeOf(row, now),
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    answeredAt: answeredAt?.toISOString() ?? null,
  }
}

function outcomeOf(
  { state, refusal, expiresAt }: SummaryRow,
  now: Date,
): Pick<VerificationSummary, 'state' | 'refusal'> {
  const over = expiresAt <= now
  if (state === 'answered')
    return over ? { state: 'refused', refusal: 'not_returned' } : { state, refusal: null }
  return { state: over && (state === 'created' || state === 'fetched') ? 'expired' : state, refusal }
}
