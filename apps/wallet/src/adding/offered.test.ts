import type { PendingIssuance, StoredCredential } from '@pass/holder'
import { describe, expect, it } from 'vitest'
import { type OfferedCard, offeredCards, standingOf } from './offered.ts'

const name = (ko: string) => ({ ko, en: ko })
const office = (id: string, types: string[], suspended = false) => ({
  id,
  name: name(id),
  issuer: `https://city.example/issuers/${id}`,
  types,
  suspended,
})
const type = (id: string, signIn: boolean, approval?: 'officer') => ({
  id,
  vct: `https://city.example/credential-types/${id}`,
  name: name(id),
  description: name(id),
  card: { background: '#000000', text: '#ffffff' },
  signIn,
  ...(approval ? { approval } : {}),
})
const TYPES = [type('resident', true), type('veteran', true, 'officer'), type('badge', false)]

describe('the cards to choose from', () => {
  it('are those that a sign-in is enough for, each from its office', () => {
    const cards = offeredCards(
      [office('residents', ['resident']), office('centre', ['badge', 'veteran'])],
      TYPES,
    )
    expect(cards.map((card) => [card.issuer.name.ko, card.configurationId, card.approved])).toEqual([
      ['residents', 'resident', false],
      ['centre', 'veteran', true],
    ])
  })

  it('leave out an office that is suspended', () => {
    expect(offeredCards([office('residents', ['resident'], true)], TYPES)).toEqual([])
  })
})

describe('a card that was chosen before', () => {
  const [card] = offeredCards([office('residents', ['resident'])], TYPES) as [OfferedCard]
  const NOW = 1_000
  const held = (changes: Partial<StoredCredential>) =>
    ({ id: 'mine', vct: card.vct, issuer: card.issuer, ...changes }) as StoredCredential

  it('is known to be here, unless it has expired', () => {
    expect(standingOf(card, [held({})], [], NOW)).toEqual({ at: 'held', credentialId: 'mine' })
    expect(standingOf(card, [held({ expiresAt: NOW })], [], NOW)).toEqual({ at: 'new' })
  })

  it('is not taken for the same card of another office', () => {
    const other = { id: 'https://city.example/issuers/other', name: name('other') }
    expect(standingOf(card, [held({ issuer: other })], [], NOW)).toEqual({ at: 'new' })
  })

  it('is known to be applied for, but not by a sign-in that was broken off', () => {
    const pending = (state: PendingIssuance['state']) =>
      ({ state, issuer: card.issuer, configurations: [{ id: 'resident' }] }) as PendingIssuance
    expect(standingOf(card, [], [pending('waiting')], NOW)).toEqual({ at: 'waiting' })
    expect(standingOf(card, [], [pending('signing_in')], NOW)).toEqual({ at: 'new' })
  })
})
