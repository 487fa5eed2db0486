import { z } from 'zod'
import { BATCH_SIZE } from './key-proof.ts'

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
})

export const createdOfferSchema = z.object({
  id: z.uuid(),
  offerUri: z.string().describe('Content of the QR code: the offer by reference'),
  offerUriByValue: z.string().describe('The same offer inside the link, for wallets that cannot fetch it'),
  walletLink: z.url().describe("Opens the city's wallet on this device"),
  txCode: z
    .string()
    .regex(/^\d{6}$/)
    .describe('To be told to the person by another way than the QR code'),
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

const formField = (description: string) => z.unknown().optional().meta({ type: 'string', description })

/**
 * Form fields as they came, described and not yet judged: a repeated one is a list, which the service refuses by the
 * protocol's own code.
 */
export const tokenRequestSchema = z
  .looseObject({
    grant_type: formField('urn:ietf:params:oauth:grant-type:pre-authorized_code'),
    'pre-authorized_code': formField('From the credential offer'),
    tx_code: formField('The transaction code, which the person was told by another way'),
    authorization_details: formField('A JSON list with entries of type openid_credential (section 5.1.1)'),
  })
  .default({})

/** The service judges the credential request itself, so that each fault gets its own code of section 8.3.1.2. */
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
      },
      required: ['jwt'],
    },
  },
  required: ['proofs'],
})

export const tokenResponseSchema = z.looseObject({
  access_token: z.string(),
  token_type: z.literal('DPoP'),
  expires_in: z.int(),
})
export const nonceResponseSchema = z.object({ c_nonce: z.string() })
export const credentialResponseSchema = z.object({
  credentials: z.array(z.object({ credential: z.string() })),
})

const displaySchema = z.array(z.looseObject({ name: z.string(), locale: z.string() }))

/** Credential issuer metadata (OpenID4VCI 1.0 section 12.2.4). */
export const issuerMetadataSchema = z.looseObject({
  credential_issuer: z.url(),
  credential_endpoint: z.url(),
  nonce_endpoint: z.url(),
  batch_credential_issuance: z.object({ batch_size: z.int() }),
  display: displaySchema,
  credential_configurations_supported: z.record(
    z.string(),
    z.looseObject({
      format: z.literal('dc+sd-jwt'),
      vct: z.url(),
      credential_metadata: z.looseObject({ display: displaySchema }),
    }),
  ),
})

/** Authorization server metadata (RFC 8414). */
export const authorizationServerMetadataSchema = z.looseObject({
  issuer: z.url(),
  token_endpoint: z.url(),
  grant_types_supported: z.array(z.string()),
})

export type OfferBody = z.output<typeof offerBodySchema>
export type CreatedOffer = z.output<typeof createdOfferSchema>
export type OfferState = z.output<typeof offerStateSchema>
export type OfferView = z.output<typeof offerViewSchema>
export type CredentialOffer = z.output<typeof credentialOfferSchema>
