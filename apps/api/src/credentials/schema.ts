import { z } from 'zod'
import { WALLET_EVENTS } from '../issuance/notification.ts'

export const credentialStatusSchema = z.enum(['valid', 'suspended', 'revoked'])

export const credentialsQuerySchema = z.object({
  query: z
    .string()
    .trim()
    .max(100)
    .optional()
    .describe("Part of a name, the register's number, or a credential's id"),
  status: credentialStatusSchema.optional(),
  cursor: z.string().max(200).optional().describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export const credentialsPageSchema = z.object({
  items: z.array(
    z.object({
      id: z.uuid(),
      type: z.string(),
      subject: z.object({ id: z.uuid(), name: z.string() }),
      status: credentialStatusSchema,
      statusReason: z.string().nullable(),
      issuedAt: z.iso.datetime(),
      expiresAt: z.iso.datetime(),
      copies: z.int(),
      anchored: z.int().describe('Copies whose anchor is confirmed on the chain'),
      walletEvent: z
        .enum(WALLET_EVENTS)
        .nullable()
        .describe('What the wallet last reported of the copies; many wallets report nothing'),
      walletEventAt: z.iso.datetime().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
})

export const credentialParamsSchema = z.object({ id: z.uuid() })
export const statusActSchema = z.strictObject({ reason: z.string().trim().min(1).max(500) })
export const statusResultSchema = z.object({ id: z.uuid(), status: credentialStatusSchema })

export type CredentialStatus = z.output<typeof credentialStatusSchema>
export type CredentialsQuery = z.output<typeof credentialsQuerySchema>
export type CredentialsPage = z.output<typeof credentialsPageSchema>
