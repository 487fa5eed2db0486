import { compactVerify, importJWK, type JWK } from 'jose'
import { z } from 'zod'

/** Media type of what the QR code of a merchant's request carries, as `typ` (RFC 8725, section 3.11). */
export const PAYMENT_REQUEST_TYPE = 'payment-request+jwt'

const payloadSchema = z.object({
  id: z.uuid(),
  payee: z.number().int().positive(),
  name: z.object({ ko: z.string(), en: z.string() }),
  amount: z.string().regex(/^[1-9]\d{0,12}$/),
  exp: z.number().int(),
})

/** What a merchant asks for, as the city vouches for it. */
export type PaymentRequestCode = {
  id: string
  payee: number
  name: { ko: string; en: string }
  amount: bigint
  expiresAt: Date
}

/**
 * The request in a scanned link `…/wallet/pay#<JWS>`, or `undefined` when the link is another one.
 * @param link Text of the QR code.
 */
export function paymentRequestIn(link: string): string | undefined {
  return /^https?:\/\/[^/#?]+\/wallet\/pay#([\w-]+\.[\w-]+\.[\w-]+)$/.exec(link.trim())?.[1]
}

/**
 * Reads a merchant's request without a network: name and amount count because the city signed them.
 * @param jws Compact JWS, see `paymentRequestIn`.
 * @param keys Keys of GET /api/payments/key, as they were last seen.
 * @param now Milliseconds.
 * @returns `undefined` when the city did not sign it; `expired` says whether it is too late.
 */
export async function readPaymentRequest(
  jws: string,
  { keys, now }: { keys: readonly (JWK & { kid?: string })[]; now: number },
): Promise<(PaymentRequestCode & { expired: boolean }) | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(
      jws,
      ({ kid }) => importJWK(keys.find((key) => key.kid === kid) ?? {}, 'ES256'),
      { algorithms: ['ES256'] },
    )
    if (protectedHeader.typ !== PAYMENT_REQUEST_TYPE) return undefined
    const { amount, exp, ...request } = payloadSchema.parse(JSON.parse(new TextDecoder().decode(payload)))
    return {
      ...request,
      amount: BigInt(amount),
      expiresAt: new Date(exp * 1000),
      expired: exp * 1000 <= now,
    }
  } catch {
    return undefined
  }
}
