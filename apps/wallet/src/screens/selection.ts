import type {
  Candidate,
  Choice,
  QueryGroup,
  QueryPreview,
  RequestPreview,
  TransactionPreview,
} from '@pass/holder'

/** What the person has chosen so far: an option per group (none for what is not required), a card per query. */
export type Selection = { options: (number | undefined)[]; cards: Choice }

/** Whether each query of an option has a card. */
export function isAnswerable(option: string[], queries: QueryPreview[]): boolean {
  return option.every((id) => queries.some((query) => query.id === id && query.candidates.length > 0))
}

/** Starts with what the engine proposes, and with nothing that is not required. */
export function startingSelection({ groups, queries, choice }: RequestPreview): Selection {
  const cards: Choice = { ...choice }
  for (const query of queries) {
    const first = query.candidates[0]
    if (first && !(query.id in cards)) cards[query.id] = first.credentialId
  }
  const options = groups.map((group) => {
    if (!group.required) return undefined
    const proposed = group.options.findIndex((option) => option.every((id) => id in choice))
    return proposed >= 0 ? proposed : group.options.findIndex((option) => isAnswerable(option, queries))
  })
  return { options, cards }
}

/** The queries that will be answered, in the order of the request. */
export function answered(request: RequestPreview, selection: Selection): QueryPreview[] {
  const ids = new Set(request.groups.flatMap((group, index) => optionOf(group, selection.options[index])))
  return request.queries.filter(({ id }) => ids.has(id))
}

function optionOf(group: QueryGroup, index: number | undefined): string[] {
  return index === undefined ? [] : (group.options[index] ?? [])
}

/** The card that answers a query. */
export function chosenCard(query: QueryPreview, selection: Selection): Candidate | undefined {
  const id = selection.cards[query.id]
  return query.candidates.find(({ credentialId }) => credentialId === id) ?? query.candidates[0]
}

/** What is given to the engine. */
export function choiceOf(request: RequestPreview, selection: Selection): Choice {
  const pairs = answered(request, selection).flatMap((query) => {
    const card = chosenCard(query, selection)
    return card ? [[query.id, card.credentialId] as const] : []
  })
  return Object.fromEntries(pairs)
}

/** What is approved along with these answers: each transaction names the queries of which one has to be answered. */
export function transactionsOf(
  { transactions }: Pick<RequestPreview, 'transactions'>,
  queries: QueryPreview[],
): TransactionPreview[] {
  return transactions.filter(({ queryIds }) => queries.some(({ id }) => queryIds.includes(id)))
}

/** The options of a group that can be chosen, each with its place in the group and the cards that it would show. */
export function openOptions(
  group: QueryGroup,
  queries: QueryPreview[],
  selection: Selection,
): { at: number; cards: Candidate[] }[] {
  return group.options.flatMap((option, at) => {
    if (!isAnswerable(option, queries)) return []
    const asked = queries.filter(({ id }) => option.includes(id))
    return [{ at, cards: asked.flatMap((query) => chosenCard(query, selection) ?? []) }]
  })
}
