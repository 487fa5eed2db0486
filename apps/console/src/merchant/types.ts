import type { Localized } from '../api.ts'

/** Points as the API writes them: decimal digits. */
export type Points = string

export type PaymentRequest = {
  id: string
  amount: Points
  /** What the QR says. */
  qr: string
  expiresAt: string
}
export type PaymentRequestState = {
  id: string
  state: 'open' | 'paid' | 'cancelled' | 'declined' | 'expired'
  amount: Points
  payment: Payment | null
}

export type Payment = {
  id: string
  amount: Points
  refunded: Points
  /** The refunds of this payment that are still on their way, and those that are done, together. */
  status: 'held' | 'batched' | 'settled' | 'failed'
  via: 'phone' | 'code'
  heldAt: string
}

export type Totals = {
  date: string
  payments: number
  amount: Points
  refunded: Points
  net: Points
}

export type Settlement = {
  id: string
  payee: { id: number; name: Localized }
  /** Days in Korea, both counted. */
  from: string
  to: string
  payments: number
  gross: Points
  refunded: Points
  net: Points
  status: 'closed' | 'paid'
  reference: string | null
}
