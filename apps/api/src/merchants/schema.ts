import { z } from 'zod'
import { localizedSchema } from '../catalogue/schema.ts'
import { line, prose } from '../http/text.ts'
import { readBusinessNumber } from './business-number.ts'

export const payeeIdSchema = z.coerce.number().int().min(1).max(2_147_483_647)
export const payeeParamsSchema = z.object({ id: payeeIdSchema })
export const staffParamsSchema = z.object({ id: z.uuid() })

export const payeeQuerySchema = z.object({ kind: z.enum(['merchant', 'fund', 'exchange']).optional() })

export const categorySchema = z.object({ id: z.string(), name: localizedSchema })

export const payeeSchema = z
  .object({
    id: z.number().int(),
    kind: z.enum(['merchant', 'fund', 'exchange']),
    name: localizedSchema,
    category: categorySchema.nullable(),
    address: z.string().nullable(),
    description: localizedSchema,
  })
  .meta({ id: 'Payee' })

export const applicationSchema = z.object({
  name: z.object({ ko: line(60), en: line(60).optional() }),
  businessNo: z
    .string()
    .max(20)
    .transform((text, context) => {
      const digits = readBusinessNumber(text)
      if (digits !== undefined) return digits
      context.addIssue({ code: 'custom', message: 'is no business registration number' })
      return z.NEVER
    }),
  category: z.string().max(40),
  districtCode: z.string().regex(/^\d{5}$/),
  address: line(200),
  phone: z.string().regex(/^[\d+][\d -]{6,18}\d$/, 'is no telephone number'),
})

export const merchantStatuses = ['applied', 'approved', 'active', 'frozen', 'rejected'] as const
export const merchantQuerySchema = z.object({ status: z.enum(merchantStatuses).optional() })

export const appliedSchema = z.object({ id: z.number().int(), status: z.literal('applied') })

export const merchantSchema = z
  .object({
    id: z.number().int(),
    kind: z.enum(['merchant', 'fund', 'exchange']),
    name: localizedSchema,
    businessNo: z.string().nullable(),
    category: z.string().nullable(),
    districtCode: z.string().nullable(),
    address: z.string().nullable(),
    phone: z.string().nullable(),
    status: z
      .enum(merchantStatuses)
      .describe('"approved" is on its way to the chain; only an "active" one is paid'),
    decision: z.string().nullable().describe('The reason of the last decision'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Merchant' })

export const approvedSchema = z.object({
  merchant: merchantSchema,
  link: z.url().describe('Enrols the passkey of the first member of staff, once'),
  expiresAt: z.iso.datetime(),
})

export const approveBodySchema = z.object({ staffName: line(40).optional() }).default({})
export const reasonBodySchema = z.object({ reason: prose(300) })

export const fundBodySchema = z.object({
  kind: z.enum(['fund', 'exchange']).default('fund'),
  name: z.object({ ko: line(60), en: line(60) }),
  description: z.object({ ko: prose(300), en: prose(300) }),
})

export const staffBodySchema = z.object({ name: line(40) })
export const merchantStaffSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    createdAt: z.iso.datetime(),
    disabled: z.boolean(),
    you: z.boolean(),
  })
  .meta({ id: 'MerchantStaff' })
export const addedStaffSchema = z.object({ id: z.uuid(), link: z.url(), expiresAt: z.iso.datetime() })
