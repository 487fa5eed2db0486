import { z } from 'zod'
import { localizedSchema } from '../catalogue/schema.ts'

const points = z.string().regex(/^\d+$/)

export const settlementParamsSchema = z.object({ id: z.uuid() })

export const settlementSchema = z
  .object({
    id: z.uuid(),
    payee: z.object({ id: z.number().int(), name: localizedSchema }),
    from: z.iso.date().describe('Days in Korea, both counted'),
    to: z.iso.date(),
    payments: z.number().int(),
    gross: points,
    refunded: points,
    net: z
      .string()
      .regex(/^-?\d+$/)
      .describe('Won to be paid out: a point is a won'),
    status: z.enum(['closed', 'paid']),
    fileHash: z.string().describe('SHA-256 of the CSV statement'),
    closedAt: z.iso.datetime(),
    paidAt: z.iso.datetime().nullable(),
    reference: z.string().nullable(),
  })
  .meta({ id: 'Settlement' })

export const closedSchema = z.object({
  closed: z.array(settlementSchema),
  waiting: z
    .array(
      z.object({ payee: z.number().int(), from: z.iso.date(), to: z.iso.date(), open: z.number().int() }),
    )
    .describe('Periods that are over, and have payments or refunds that are not final yet'),
})

export const closeBodySchema = z.object({
  payee: z.number().int().positive(),
  from: z.iso.date().describe('First day of the period'),
})

export const paidBodySchema = z.object({
  reference: z.string().trim().min(1).max(100).describe("The bank's reference of the transfer"),
})
