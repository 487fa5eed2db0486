import { describe, expect, it } from 'vitest'
import { cardColours } from './colours.ts'

describe('a card’s colours', () => {
  it('are those of its type when they can be read', () => {
    expect(cardColours({ background: '#0b3d91', text: '#ffffff' })).toEqual({
      background: '#0b3d91',
      text: '#ffffff',
    })
  })

  it('give way to black or white when they cannot', () => {
    expect(cardColours({ background: '#ffb114', text: '#ffffff' }).text).toBe('#000000')
    expect(cardColours({ background: '#0b3d91', text: '#333333' }).text).toBe('#ffffff')
  })

  it('are our own when an issuer sends something that is no colour', () => {
    expect(cardColours({ background: 'url(https://tracker.example)', text: 'red' }).text).toBe('#ffffff')
    expect(cardColours({ background: 'url(https://tracker.example)' }).background).toMatch(/^#[0-9a-f]{6}$/)
  })
})
