import { readTransactionData } from '@pass/credentials'
import { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { firstChoice } from './match.ts'
import { trustOf } from './trust.ts'
import type { Choice, QueryGroup, QueryPreview, TransactionPreview } from './types.ts'

/**
 * Reads what a request asks to approve, in words that a person understands. One that is not understood in full makes
 * the whole request void (OpenID4VP 1.0 section 5.1).
 *
 * @param queryIds ids of the request's credential queries
 * @throws HolderError `request_unsupported`
 */
export async function readTransactions(
  encoded: string[],
  queryIds: string[],
  ports: HolderPorts,
): Promise<TransactionPreview[]> {
  if (encoded.length === 0) return []
  const { transactionTypes = [] } = await trustOf(ports)
  try {
    return encoded.map((entry) => {
      const { type, text, credentialIds, fields } = readTransactionData(entry, transactionTypes, queryIds)
      return { type, text, queryIds: credentialIds, details: fields, encoded: entry }
    })
  } catch (cause) {
    throw new HolderError('request_unsupported', 'a transaction that cannot be shown', { cause })
  }
}

/**
 * Whether and how every transaction can be approved: where the first choice has no credential for one, the first other
 * option of a group that has.
 *
 * @returns a choice that covers all of them; undefined when there is none
 */
export function covering(
  transactions: TransactionPreview[],
  { groups, queries, choice }: { groups: QueryGroup[]; queries: QueryPreview[]; choice: Choice },
): Choice | undefined {
  let covered = choice
  for (const { queryIds } of transactions) {
    if (queryIds.some((id) => covered[id] !== undefined)) continue
    const narrowed = groups.map(({ required, options }) => {
      const fitting = options.filter((option) => option.some((id) => queryIds.includes(id)))
      return fitting.length > 0 ? { required: true, options: fitting } : { required, options }
    })
    covered = { ...covered, ...firstChoice(narrowed, queries) }
    if (!queryIds.some((id) => covered[id] !== undefined)) return undefined
  }
  return covered
}

/**
 * Gives each transaction to one of the credentials that are presented (section 5.1: to only one).
 *
 * @returns entries by query id
 * @throws HolderError `choice_invalid` when none of the chosen credentials may approve one
 */
export function shareOut(transactions: TransactionPreview[], choice: Choice): Map<string, string[]> {
  const shared = new Map<string, string[]>()
  for (const { queryIds, encoded } of transactions) {
    const queryId = queryIds.find((id) => choice[id] !== undefined)
    if (queryId === undefined)
      throw new HolderError('choice_invalid', 'a transaction is left without its credential')
    shared.set(queryId, [...(shared.get(queryId) ?? []), encoded])
  }
  return shared
}
