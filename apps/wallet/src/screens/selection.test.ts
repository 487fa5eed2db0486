import type { Candidate, RequestPreview } from '@pass/holder'
import { describe, expect, it } from 'vitest'
import { answered, choiceOf, chosenCard, startingSelection } from './selection.ts'

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
})
