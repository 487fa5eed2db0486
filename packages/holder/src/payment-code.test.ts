import { describe, expect, it } from 'vitest'
import {
  decodePaymentCode,
  encodePaymentCode,
  PAYMENT_CODE_PREFIX,
  type SignedPayment,
} from './payment-code.ts'

const payment: SignedPayment = {
  requestId: '3f2b8c1e-5a4d-4e6f-9a7b-0c1d2e3f4a5b',
  address: '0x00112233445566778899aabbccddeeff00112233',
  payee: 4_000_000_000,
  amount: 1_099_511_627_775n,
  nonce: 4_294_967_295,
  deadline: 281_474_976_710_655,
  signature: Uint8Array.from({ length: 64 }, (_, index) => 255 - index),
}

describe('a payment code', () => {
  it('comes back as it went in, at the largest values of every field', () => {
    expect(decodePaymentCode(encodePaymentCode(payment))).toEqual(payment)
  })

  it('has no request where there was none', () => {
    const { requestId: _, ...donation } = payment
    expect(decodePaymentCode(encodePaymentCode(donation))).toEqual(donation)
  })

  it('is short enough for a QR code that any camera reads', () => {
    expect(encodePaymentCode(payment)).toHaveLength(PAYMENT_CODE_PREFIX.length + 159)
  })

  it.each([
    '',
    'PASSPAY1:',
    'PASSPAY2:AAAA',
    `PASSPAY1:${'A'.repeat(158)}`,
    `PASSPAY1:${'A'.repeat(160)}`,
    `PASSPAY1:${'!'.repeat(159)}`,
    'https://pass.example.kr/wallet/pay#x',
  ])('is not %s', (text) => {
    expect(decodePaymentCode(text)).toBeUndefined()
  })

  it.each([
    { amount: 2n ** 40n },
    { payee: -1 },
    { nonce: 1.5 },
    { signature: new Uint8Array(63) },
    { address: '0x1234' as const },
    { requestId: 'no-uuid' },
  ])('is refused with a field that does not fit: %o', (change) => {
    expect(() => encodePaymentCode({ ...payment, ...change })).toThrow(RangeError)
  })
})
