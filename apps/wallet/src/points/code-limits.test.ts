import type { PaymentRecord } from '@pass/holder'
import { describe, expect, it } from 'vitest'
import { balanceOf } from '../account/testing/phone.ts'
import { daysLeft } from './balance.ts'
import { mayPayByCode } from './code-limits.ts'

const NOW = Date.parse('2026-11-21T23:30:00+09:00')
const payee = { id: 7, name: { ko: '연수분식', en: 'Yeonsu Snacks' }, kind: 'merchant' as const }
const order = (amount: string) => ({ id: 'new', requestId: 'new', payee, amount })
const balance = { ...balanceOf('100000'), at: NOW }
const code = (amount: string, change: Partial<PaymentRecord> = {}): PaymentRecord => ({
  ...{ id: crypto.randomUUID(), payee, amount, address: '0x', nonce: 1, deadline: 1, signature: '' },
  ...{ signedAt: NOW - 60_000, goodUntil: NOW, asCode: true, state: 'held' },
  ...change,
})

describe('paying without a network', () => {
  it('is possible up to the limit of one payment', () => {
    expect(mayPayByCode(order('30000'), balance, [], NOW)).toBe('yes')
    expect(mayPayByCode(order('30001'), balance, [], NOW)).toBe('too_much')
  })

  it('is possible so many times a day in Korea; what was refused or sent does not count', () => {
    const before = [code('1'), code('2'), code('3', { state: 'refused' }), code('4', { asCode: false })]
    expect(mayPayByCode(order('5'), balance, before, NOW)).toBe('yes')
    expect(mayPayByCode(order('5'), balance, [...before, code('6')], NOW)).toBe('day_full')
    expect(mayPayByCode(order('5'), balance, [...before, code('6')], NOW + 3_600_000)).toBe('yes')
  })

  it('counts what other codes may still take from the balance, but not the same code twice', () => {
    const poor = { ...balance, spendable: '12000' }
    expect(mayPayByCode(order('10000'), poor, [code('5000', { state: 'open' })], NOW)).toBe('too_few')
    expect(mayPayByCode(order('10000'), poor, [code('10000', { id: 'new', state: 'open' })], NOW)).toBe('yes')
  })

  it('takes a wallet that has heard of its limits', () => {
    expect(mayPayByCode(order('1'), undefined, [], NOW)).toBe('not_ready')
  })
})

describe('the days that points have left', () => {
  it('count through the last day in Korea', () => {
    expect(daysLeft('2026-12-31', Date.parse('2026-12-31T12:00:00+09:00'))).toBe(0)
    expect(daysLeft('2026-12-31', Date.parse('2026-12-31T15:00:00Z'))).toBeLessThan(0)
    expect(daysLeft('2026-12-31', Date.parse('2026-11-01T23:59:59+09:00'))).toBe(60)
  })
})
