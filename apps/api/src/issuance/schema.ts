import { z } from 'zod'

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

/** Form fields as they came: a repeated one is a list, which the service refuses by the protocol's own code. */
export const formSchema = z.record(z.string(), z.unknown()).default({})
/** The service judges the credential request itself, so that each fault gets its own code of section 8.3.1.2. */
export const credentialRequestSchema = z.unknown()

export const tokenResponseSchema = z.looseObject({
  access_token: z.string(),
  token_type: z.literal('DPoP'),
  expires_in: z.int(),
})
export const nonceResponseSchema = z.object({ c_nonce: z.string() })
export const credentialResponseSchema = z.object({
  credentials: z.array(z.object({ credential: z.string() })),
})
export const metadataSchema = z.looseObject({})

export type OfferBody = z.output<typeof offerBodySchema>
export type CreatedOffer = z.output<typeof createdOfferSchema>
export type OfferState = z.output<typeof offerStateSchema>
export type OfferView = z.output<typeof offerViewSchema>
export type CredentialOffer = z.output<typeof credentialOfferSchema>
