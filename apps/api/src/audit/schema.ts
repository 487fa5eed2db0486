import { z } from 'zod'

export const auditQuerySchema = z.object({
  cursor: z
    .string()
    .regex(/^\d{1,18}$/)
    .transform((text) => BigInt(text))
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export const auditPageSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      at: z.iso.datetime(),
      actor: z.string(),
      action: z.string(),
      target: z.string(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
  nextCursor: z.string().nullable(),
})
