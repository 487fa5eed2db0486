import { z } from 'zod'
import { RESPONSE_ENCRYPTIONS } from '../jose/jwe.ts'
import { BATCH_SIZE } from './key-proof.ts'
import { WALLET_EVENTS } from './notification.ts'

const identifier = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens')
  .max(63)

export const agencyParamsSchema = z.object({ agency: identifier })
export const offerParamsSchema = z.object({ id: z.uuid() })
export const offerReferenceSchema = z.object({ agency: identifier, id: z.uuid() })

export const offerBodySchema = z.strictObject({
  agency: identifier,
  type: identifier,
  subject: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .describe("The resident's id, or the register's own number for the person"),
  grant: z
    .enum(['pre-authorized_code', 'authorization_code'])
    .default('pre-authorized_code')
    .describe('With authorization_code the person signs in, and there is no transaction code to tell'),
})

export const createdOfferSchema = z.object({
  id: z.uuid(),
  offerUri: z.string().describe('Content of the QR code: the offer by reference'),
  haipOfferUri: z.string().describe('The same for wallets that listen to haip-vci:// (HAIP 1.0)'),
  offerUriByValue: z.string().describe('The same offer inside the link, for wallets that cannot fetch it'),
  walletLink: z.url().describe("Opens the city's wallet on this device"),
  txCode: z
    .string()
    .regex(/^\d{6}$/)
    .optional()
    .describe('To be told to the person by another way than the QR code; none when the person signs in'),
  expiresAt: z.iso.datetime(),
})

export const offerStateSchema = z.enum(['open', 'redeemed', 'issued', 'expired', 'locked'])

export const offerViewSchema = z.object({
  id: z.uuid(),
  state: offerStateSchema,
  type: z.string(),
  subject: z.uuid(),
  expiresAt: z.iso.datetime(),
})

/** A credential offer (OpenID4VCI 1.0 section 4.1.1). */
export const credentialOfferSchema = z.object({
  credential_issuer: z.url(),
  credential_configuration_ids: z.array(z.string()),
  grants: z.record(z.string(), z.unknown()),
})

const responseEncryption = {
  type: 'object',
  description: "The wallet's key for the answer; only in an encrypted request (section 10)",
  properties: { jwk: { type: 'object' }, enc: { type: 'string', enum: RESPONSE_ENCRYPTIONS } },
  required: ['jwk', 'enc'],
} as const

/** The service judges the requests itself, so that each fault gets its own code of section 8.3.1.2. */
export const credentialRequestSchema = z.unknown().meta({
  type: 'object',
  properties: {
    credential_configuration_id: { type: 'string', description: 'As in the credential offer' },
    credential_identifier: {
      type: 'string',
      description: 'Instead of it, when the token response named some',
    },
    proofs: {
      type: 'object',
      properties: {
        jwt: {
          type: 'array',
          items: { type: 'string' },
          minItems: 1,
          maxItems: BATCH_SIZE,
          description: 'Key proofs (appendix F.1), one for each copy',
        },
        attestation: {
          type: 'array',
          items: { type: 'string' },
          minItems: 1,
          maxItems: 1,
          description: 'Instead of them, an attestation of all the keys (appendix F.3)',
        },
      },
    },
    credential_response_encryption: responseEncryption,
  },
  required: ['proofs'],
})

export const deferredRequestSchema = z.unknown().meta({
  type: 'object',
  properties: {
    transaction_id: { type: 'string', description: 'From the credential endpoint' },
    credential_response_encryption: responseEncryption,
  },
  required: ['transaction_id'],
})

export const notificationSchema = z.unknown().meta({
  type: 'object',
  properties: {
    notification_id: { type: 'string', description: 'From the credential response' },
    event: { type: 'string', enum: [...WALLET_EVENTS] },
    event_description: { type: 'string', description: 'ASCII; not kept' },
  },
  required: ['notification_id', 'event'],
})

export const nonceResponseSchema = z.object({ c_nonce: z.string() })
export const credentialResponseSchema = z.object({
  credentials: z.array(z.object({ credential: z.string() })),
  notification_id: z.uuid(),
})
export const deferredResponseSchema = z.object({
  transaction_id: z.string(),
  interval: z.int().describe('Seconds to wait before asking the deferred credential endpoint'),
})

const displaySchema = z.array(z.looseObject({ name: z.string(), locale: z.string() }))

/** Credential issuer metadata (OpenID4VCI 1.0 section 12.2.4). */
export const issuerMetadataSchema = z.looseObject({
  credential_issuer: z.url(),
  authorization_servers: z.array(z.url()),
  credential_endpoint: z.url(),
  nonce_endpoint: z.url(),
  deferred_credential_endpoint: z.url(),
  notification_endpoint: z.url(),
  batch_credential_issuance: z.object({ batch_size: z.int() }),
  display: displaySchema,
  credential_configurations_supported: z.record(
    z.string(),
    z.looseObject({
      format: z.literal('dc+sd-jwt'),
      vct: z.url(),
      scope: z.string(),
      credential_metadata: z.looseObject({ display: displaySchema }),
    }),
  ),
})

export type OfferBody = z.output<typeof offerBodySchema>
export type CreatedOffer = z.output<typeof createdOfferSchema>
export type OfferState = z.output<typeof offerStateSchema>
export type OfferView = z.output<typeof offerViewSchema>
export type CredentialOffer = z.output<typeof credentialOfferSchema>
