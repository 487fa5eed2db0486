import { describe, expect, it } from 'vitest'
import { arrivalIn, fragmentOf, kindOf } from './incoming.ts'

const JWS = 'eyJhbGciOiJFUzI1NiJ9.eyJpZCI6IjEifQ.c2lnbmF0dXJl'

describe('one scanner for everything', () => {
  it.each([
    ['openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fcity.example%2Foffers%2F1', 'receive'],
    ['openid-credential-offer://?credential_offer=%7B%7D', 'receive'],
    ['https://city.example/wallet/receive#credential_offer_uri=https%3A%2F%2Fcity.example', 'receive'],
    ['openid4vp://?client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fcity.example', 'present'],
    ['https://city.example/wallet/present#client_id=x509_hash%3Aabc&request_uri=x', 'present'],
    [`https://city.example/wallet/pay#${JWS}`, 'pay'],
    [`https://city.example/wallet/check-in#${JWS}`, 'attendance'],
    [`https://city.example/wallet/consent#${'t'.repeat(43)}`, 'consent'],
    [`https://city.example/wallet/verify#${JWS}`, 'verify'],
    [`https://city.example/wallet/pass#${JWS}`, 'pass'],
    [`PASSPAY1:${'A'.repeat(159)}`, 'pass'],
  ])('%s leads to %s', (text, kind) => expect(kindOf(text)).toBe(kind))

  it.each([
    '',
    'https://example.com/menu',
    'WIFI:S:cafe;;',
    '123456',
    'https://city.example/wallet/pay#main',
  ])('%s leads nowhere', (text) => expect(kindOf(text)).toBeUndefined())

  it('gives what a link of ours carries', () => {
    expect(fragmentOf(` https://city.example/wallet/pay#${JWS}\n`)).toBe(JWS)
    expect(fragmentOf('https://example.com/menu')).toBe('')
  })
})

describe('what an address carries', () => {
  const wallet = 'https://city.example/wallet'

  it.each([
    [
      'receive#credential_offer_uri=https%3A%2F%2Fa.example',
      'openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fa.example',
    ],
    ['receive?credential_offer=%7B%7D', 'openid-credential-offer://?credential_offer=%7B%7D'],
    [
      'present?client_id=x509_hash%3Aabc&request_uri=u',
      'openid4vp://?client_id=x509_hash%3Aabc&request_uri=u',
    ],
    [
      'present#client_id=x509_hash%3Aabc&request_uri=u',
      'openid4vp://?client_id=x509_hash%3Aabc&request_uri=u',
    ],
  ])('%s is read as a code would be, and as opened here', (address, incoming) =>
    expect(arrivalIn(`${wallet}/${address}`)).toEqual({ incoming, opened: true }),
  )

  it('is, after a sign-in, the whole address: the engine holds it against what it began', () => {
    const href = `${wallet}/receive/return?code=c&state=s&iss=https%3A%2F%2Fcity.example%2Foauth`
    expect(arrivalIn(href)).toEqual({ returned: href })
    expect(arrivalIn(`${wallet}/receive/return?error=access_denied&state=s`)).toBeDefined()
  })

  it.each(['', 'receive', 'present#main', 'receive/return', 'activities?kind=park', 'points#a=b'])(
    'is nothing for /%s',
    (address) => expect(arrivalIn(`${wallet}/${address}`)).toBeUndefined(),
  )
})
