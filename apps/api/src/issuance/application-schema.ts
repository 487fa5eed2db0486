import { z } from 'zod'

export const applicationStateSchema = z.enum(['waiting', 'approved', 'refused', 'issued'])

export const applicationsQuerySchema = z.object({
  state: applicationStateSchema.optional(),
  cursor: z.string().max(200).optional().describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export const applicationsPageSchema = z.object({
  items: z.array(
    z.object({
      id: z.uuid(),
      type: z.string(),
      subject: z.object({
        id: z.uuid(),
        name: z.string(),
        birthDate: z.string().nullable().describe('Tells people of one name apart'),
      }),
      state: applicationStateSchema,
      reason: z.string().nullable().describe('Why it was refused, as the person reads it'),
      createdAt: z.iso.datetime(),
      decidedAt: z.iso.datetime().nullable(),
      expiresAt: z.iso
        .datetime()
        .describe('An application that nobody decided, or nobody fetched, ends then'),
    }),
  ),
  nextCursor: z.string().nullable(),
})

export const applicationParamsSchema = z.object({ id: z.uuid() })
export const refusalSchema = z.strictObject({
  reason: z.string().trim().min(1).max(500).describe('For the person, who reads it in the wallet'),
})
export const decisionSchema = z.object({ id: z.uuid(), state: applicationStateSchema })

export type ApplicationState = z.output<typeof applicationStateSchema>
export type ApplicationsQuery = z.output<typeof applicationsQuerySchema>
export type ApplicationsPage = z.output<typeof applicationsPageSchema>
