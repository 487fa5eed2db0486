import { z } from 'zod'

export const verificationRequestSchema = z.object({
  id: z.uuid(),
  requestUri: z.string().describe('For the wallet to read, as if it had scanned it'),
  expiresAt: z.iso.datetime(),
})

export const connectSchema = z.strictObject({ verificationId: z.uuid() })

const account = {
  id: z.uuid(),
  number: z
    .string()
    .regex(/^\d{10}$/)
    .describe('What a citizen reads out at a desk'),
  address: z.string().regex(/^0x[0-9a-f]{40}$/),
}
const moment = z.iso.datetime().nullable()

export const connectedSchema = z.object({
  account: z.object({ ...account, status: z.enum(['open', 'waiting']) }),
})

export const accountViewSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    ...account,
    status: z.literal('open'),
    recovery: z
      .object({ readyAt: moment })
      .optional()
      .describe('Somebody moves the points of this phone to another one: object, unless it is you'),
  }),
  z.object({
    ...account,
    status: z.literal('waiting'),
    readyAt: moment.describe('When the points come to this phone; null until the delay has begun'),
  }),
  z.object({
    ...account,
    status: z.literal('closed'),
    reason: z
      .enum(['moved', 'objected'])
      .describe('Everything went to another phone, or the old phone did not let it come to this one'),
    /** On an old phone whose last points are followed by others. */
    recovery: z.object({ readyAt: moment }).optional(),
  }),
])

export const objectionSchema = z.strictObject({
  nonce: z.int().min(1).max(2_147_483_647),
  deadline: z.int().min(1).max(0xffff_ffff).describe('Seconds; until when the chain takes it'),
  signature: z
    .string()
    .regex(/^[\w-]{86}$/)
    .describe('ES256 over the typed objection, 64 bytes in base64url'),
})

export const inboxSchema = z.object({
  items: z.array(
    z.object({
      id: z.uuid(),
      type: z.string(),
      agency: z.string(),
      offerUri: z.string().describe('The offer by value; it asks for no transaction code'),
      createdAt: z.iso.datetime(),
      expiresAt: z.iso.datetime(),
    }),
  ),
})

export type Connected = z.output<typeof connectedSchema>
export type AccountView = z.output<typeof accountViewSchema>
export type Objection = z.output<typeof objectionSchema>
export type VerificationRequest = z.output<typeof verificationRequestSchema>
