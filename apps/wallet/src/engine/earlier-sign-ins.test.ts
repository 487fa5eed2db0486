import type { PendingIssuance } from '@pass/holder'
import { describe, expect, it } from 'vitest'
import { earlierSignIns } from './earlier-sign-ins.ts'

const pending = (id: string, changes: Partial<PendingIssuance> = {}) =>
  ({
    id,
    state: 'signing_in',
    issuer: { id: 'office' },
    configurations: [{ id: 'resident' }],
    ...changes,
  }) as PendingIssuance

describe('a sign-in that is begun again', () => {
  it('takes the place of those that were broken off for the same card', () => {
    expect(earlierSignIns([pending('old'), pending('older'), pending('new')], 'new')).toEqual([
      'old',
      'older',
    ])
  })

  it('leaves alone another card, another office, and what is further than the sign-in', () => {
    const others = [
      pending('card', { configurations: [{ id: 'veteran' }] as PendingIssuance['configurations'] }),
      pending('office', { issuer: { id: 'other', name: { ko: '', en: '' } } }),
      pending('waiting', { state: 'waiting' }),
      pending('authorized', { state: 'authorized' }),
    ]
    expect(earlierSignIns([...others, pending('new')], 'new')).toEqual([])
  })
})
