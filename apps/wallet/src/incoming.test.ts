import { describe, expect, it } from 'vitest'
import { kindOf } from './incoming.ts'

describe('one scanner for both', () => {
  it.each([
    ['openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fcity.example%2Foffers%2F1', 'receive'],
    ['openid-credential-offer://?credential_offer=%7B%7D', 'receive'],
    ['https://city.example/wallet/receive#credential_offer_uri=https%3A%2F%2Fcity.example', 'receive'],
    ['openid4vp://?client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fcity.example', 'present'],
    ['https://city.example/wallet/present#client_id=x509_hash%3Aabc&request_uri=x', 'present'],
  ])('%s leads to %s', (text, kind) => expect(kindOf(text)).toBe(kind))

  it.each(['', 'https://example.com/menu', 'WIFI:S:cafe;;', '123456'])('%s leads nowhere', (text) =>
    expect(kindOf(text)).toBeUndefined(),
  )
})
