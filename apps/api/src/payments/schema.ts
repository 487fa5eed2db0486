import { z } from 'zod'
import { localizedSchema } from '../catalogue/schema.ts'

/** Whole points, as the contract can hold them (40 bits), without leading zeros. */
const points = z
  .string()
  .regex(/^[1-9]\d{0,11}$/, 'must be a whole number of points in quotes')
  .transform(BigInt)
const pointsOut = z.string().regex(/^-?\d+$/)
const time = z.iso.datetime()
const uint31 = z.number().int().min(1).max(2_147_483_647)

export const idParamsSchema = z.object({ id: z.uuid() })

export const paymentBodySchema = z.object({
  requestId: z.uuid().optional().describe('The request that it answers; none for a donation or an exchange'),
  address: z.string().regex(/^0x[0-9a-f]{40}$/),
  payee: uint31,
  amount: points,
  nonce: uint31,
  deadline: uint31.max(2 ** 47).describe('Seconds: the time of signing, seven days and 60 seconds'),
  signature: z.string().regex(/^[\w-]{86}$/, 'must be 64 bytes in base64url'),
})

export const codeBodySchema = z.object({
  code: z.string().min(1).max(400).describe('What was scanned from the phone'),
})

const payeeSchema = z.object({ id: z.number().int(), name: localizedSchema, kind: z.string() })
const statusSchema = z
  .enum(['held', 'batched', 'settled', 'failed'])
  .describe('"held" and "batched": taken, and on the way to the chain')

export const paymentSchema = z
  .object({
    id: z.uuid(),
    status: statusSchema,
    payee: payeeSchema,
    amount: pointsOut,
    heldAt: time,
    spendable: pointsOut
      .nullable()
      .describe('What the payer has left; null unless the request carries the DPoP proof of that wallet'),
  })
  .meta({ id: 'Payment' })

export const ownPaymentSchema = z.object({
  id: z.uuid(),
  status: statusSchema,
  payee: payeeSchema,
  amount: pointsOut,
  refunded: pointsOut,
  heldAt: time,
  settledAt: time.nullable(),
  receipt: z.string().nullable().describe('Hash for GET /api/anchors/{hash}, once it is settled'),
})

export const requestBodySchema = z.object({
  amount: points,
  pass: z.string().max(4000).optional().describe("Scanned from a citizen's wallet: only they can pay then"),
})
export const createdRequestSchema = z.object({
  id: z.uuid(),
  amount: pointsOut,
  qr: z.string().describe('Text for the QR code'),
  expiresAt: time,
})

const stateSchema = z.enum(['open', 'paid', 'cancelled', 'declined', 'expired'])
export const requestSchema = z
  .object({
    id: z.uuid(),
    payee: payeeSchema,
    amount: pointsOut,
    state: stateSchema,
    expiresAt: time,
  })
  .meta({ id: 'PaymentRequest' })
export const ownRequestSchema = requestSchema.extend({
  payment: z.object({ id: z.uuid(), amount: pointsOut, status: statusSchema, heldAt: time }).nullable(),
})

export const dateQuerySchema = z.object({ date: z.iso.date().optional() })
export const listQuerySchema = z.object({
  date: z.iso.date().optional().describe('A day in Korea; all days without'),
  cursor: z
    .string()
    .regex(/^\d{13}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
export const totalsSchema = z
  .object({
    date: z.iso.date(),
    payments: z.number().int(),
    amount: pointsOut,
    refunds: z.number().int(),
    refunded: pointsOut,
    net: pointsOut,
    unsettled: z.object({ payments: z.number().int(), amount: pointsOut }),
  })
  .meta({ id: 'MerchantTotals' })

export const refundBodySchema = z.object({ amount: points, reason: z.string().trim().min(1).max(200) })
export const idempotencyKeySchema = z.string().regex(/^[\x21-\x7e]{8,100}$/)
export const refundSchema = z
  .object({
    id: z.uuid(),
    paymentId: z.uuid(),
    amount: pointsOut,
    reason: z.string(),
    status: z.enum(['pending', 'settled', 'refused']).describe('"pending" until the chain has it'),
    createdAt: time,
    settledAt: time.nullable(),
  })
  .meta({ id: 'Refund' })

export const merchantPaymentSchema = z.object({
  id: z.uuid(),
  amount: pointsOut,
  refunded: pointsOut,
  status: statusSchema,
  via: z.enum(['phone', 'code']),
  heldAt: time,
  settledAt: time.nullable(),
  refunds: z.array(refundSchema),
})
export const merchantPaymentPageSchema = z.object({
  items: z.array(merchantPaymentSchema),
  nextCursor: z.string().nullable(),
})

export const keysSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())) })
