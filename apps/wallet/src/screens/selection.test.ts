import type { Candidate, RequestPreview, TransactionPreview } from '@pass/holder'
import { describe, expect, it } from 'vitest'
import {
  answered,
  choiceOf,
  chosenCard,
  openOptions,
  startingSelection,
  transactionsOf,
} from './selection.ts'

const card = (credentialId: string): Candidate => ({
  credentialId,
  display: { name: { ko: '카드', en: 'Card' } },
  issuer: { id: 'i', name: { ko: '기관', en: 'Office' } },
  claims: [],
})
const request = {
  groups: [
    { required: true, options: [['a'], ['b']] },
    { required: false, options: [['c']] },
  ],
  queries: [
    { id: 'a', vcts: [], candidates: [] },
    { id: 'b', vcts: [], candidates: [card('one'), card('two')] },
    { id: 'c', vcts: [], candidates: [card('one')] },
  ],
  choice: { b: 'one' },
} as unknown as RequestPreview

describe('what will be shown', () => {
  it('starts with what is required alone, with an option that has a card', () => {
    expect(choiceOf(request, startingSelection(request))).toEqual({ b: 'one' })
  })

  it('takes in what is optional only once it is chosen', () => {
    const start = startingSelection(request)
    const more = { ...start, options: [start.options[0], 0] }
    expect(choiceOf(request, more)).toEqual({ b: 'one', c: 'one' })
    expect(answered(request, more).map(({ id }) => id)).toEqual(['b', 'c'])
  })

  it('is the card that was picked among several', () => {
    const start = startingSelection(request)
    const other = { ...start, cards: { ...start.cards, b: 'two' } }
    expect(chosenCard(request.queries[1]!, other)?.credentialId).toBe('two')
    expect(choiceOf(request, other)).toEqual({ b: 'two' })
  })

  it('is a choice between what the person has, however many alternatives were asked for', () => {
    const [group] = request.groups
    const start = startingSelection(request)
    const names = (options: ReturnType<typeof openOptions>) =>
      options.map(({ at, cards }) => [at, cards.map(({ credentialId }) => credentialId)])
    expect(names(openOptions(group!, request.queries, start))).toEqual([[1, ['one']]])
    const other = { ...start, cards: { ...start.cards, b: 'two' } }
    expect(names(openOptions(group!, request.queries, other))).toEqual([[1, ['two']]])
  })
})

describe('what is approved along with it', () => {
  const transaction = (queryIds: string[]): TransactionPreview => ({
    type: 'consent',
    text: { ko: '동의해요.', en: 'I agree.' },
    queryIds,
    details: {},
    encoded: queryIds.join(),
  })

  it('is what belongs to the cards that are shown, and nothing of what was left out', () => {
    const transactions = [transaction(['a', 'b']), transaction(['c'])]
    const start = startingSelection(request)
    const texts = (selection: typeof start) =>
      transactionsOf({ transactions }, answered(request, selection)).map(({ encoded }) => encoded)
    expect(texts(start)).toEqual(['a,b'])
    expect(texts({ ...start, options: [start.options[0], 0] })).toEqual(['a,b', 'c'])
  })
})
