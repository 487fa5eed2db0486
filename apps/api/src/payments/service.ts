import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { type Books, createBooks } from './books.ts'
import { createHold, type Hold } from './hold.ts'
import { createPayerKeys } from './keys.ts'
import { createRefunds, type Refunds } from './refunds.ts'
import { createRequestCode, type RequestCode } from './request-code.ts'
import { createPaymentRequests, type PaymentRequests } from './requests.ts'

export type Payments = {
  hold: Hold
  requests: PaymentRequests
  refunds: Refunds
  books: Books
  requestCode: RequestCode
}

/**
 * @param deps.accountByPass The citizen whose pass was scanned. @throws Problem for one that counts no longer
 * @param deps.ring Tells whoever sends to the chain that a payment waits.
 */
export function createPayments(
  context: Context,
  {
    audit,
    accountByPass,
    ring,
  }: { audit: Audit; accountByPass(pass: string): Promise<{ id: string }>; ring: () => void },
): Payments {
  const requestCode = createRequestCode(context)
  return {
    hold: createHold(context, { keys: createPayerKeys(context.db), ring }),
    requests: createPaymentRequests(context, { code: requestCode, accountByPass }),
    refunds: createRefunds(context, { audit }),
    books: createBooks(context),
    requestCode,
  }
}
