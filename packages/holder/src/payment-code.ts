/** A signed payment as a phone without a network shows it to the merchant, and as a phone with one sends it. */
export type SignedPayment = {
  /** The merchant's request that it answers; a donation has none. */
  requestId?: string
  /** Account of the wallet's key, 0x lower-case hex. */
  address: `0x${string}`
  payee: number
  amount: bigint
  nonce: number
  /** Until when the chain takes it, seconds. */
  deadline: number
  /** ES256 over `paymentMessage` of @pass/chain/authorisations: r and s, 64 bytes, s in the lower half. */
  signature: Uint8Array
}

/** What a scanner tells a payment by. */
export const PAYMENT_CODE_PREFIX = 'PASSPAY1:'

const NO_REQUEST = '0'.repeat(32)
/** Bytes of each field, in their order: 119 in all, a QR code that any camera reads. */
const WIDTHS = { requestId: 16, address: 20, payee: 4, amount: 5, nonce: 4, deadline: 6, signature: 64 }
const LENGTH = Object.values(WIDTHS).reduce((sum, width) => sum + width)

/**
 * The text for the QR code.
 * @throws RangeError for a field that does not fit its width
 */
export function encodePaymentCode(payment: SignedPayment): string {
  const fields: Record<keyof typeof WIDTHS, string> = {
    requestId: payment.requestId?.replaceAll('-', '') ?? NO_REQUEST,
    address: payment.address.slice(2),
    payee: hexOf(payment.payee, WIDTHS.payee),
    amount: hexOf(payment.amount, WIDTHS.amount),
    nonce: hexOf(payment.nonce, WIDTHS.nonce),
    deadline: hexOf(payment.deadline, WIDTHS.deadline),
    signature: Array.from(payment.signature, (byte) => hexOf(byte, 1)).join(''),
  }
  const hex = Object.entries(WIDTHS).map(([name, width]) => {
    const field = fields[name as keyof typeof WIDTHS]
    if (!/^[0-9a-f]*$/.test(field) || field.length !== width * 2)
      throw new RangeError(`${name} does not fit.`)
    return field
  })
  const bytes = (hex.join('').match(/../g) ?? []).map((pair) =>
    String.fromCharCode(Number.parseInt(pair, 16)),
  )
  const base64 = btoa(bytes.join(''))
  return PAYMENT_CODE_PREFIX + base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Reads what was scanned; nothing in it is believed yet. `undefined` when it is no payment code. */
export function decodePaymentCode(text: string): SignedPayment | undefined {
  const [, base64url] = /^PASSPAY1:([\w-]{159})$/.exec(text.trim()) ?? []
  if (base64url === undefined) return undefined
  const bytes = bytesOf(base64url)
  if (bytes?.length !== LENGTH) return undefined
  let start = 0
  const next = (name: keyof typeof WIDTHS) => {
    start += WIDTHS[name]
    return bytes.slice(start - WIDTHS[name], start)
  }
  const hex = (name: keyof typeof WIDTHS) =>
    Array.from(next(name), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const number = (name: keyof typeof WIDTHS) => Number.parseInt(hex(name), 16)
  const requestId = hex('requestId')
  return {
    ...(requestId === NO_REQUEST ? {} : { requestId: uuidOf(requestId) }),
    address: `0x${hex('address')}`,
    payee: number('payee'),
    amount: BigInt(number('amount')),
    nonce: number('nonce'),
    deadline: number('deadline'),
    signature: next('signature'),
  }
}

const hexOf = (value: number | bigint, width: number) => value.toString(16).padStart(width * 2, '0')

const uuidOf = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

function bytesOf(base64url: string): Uint8Array | undefined {
  try {
    const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(text, (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
