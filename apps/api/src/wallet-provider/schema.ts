import { z } from 'zod'

/** More than a proof needs. */
const proofSchema = z.string().min(1).max(4096)
const aud = 'aud this provider, iat, and jkt: the thumbprint of the instance’s key'

// Not strict: a wallet may say more than is asked, such as the key, which stands in the proof already.
export const attestationBodySchema = z.object({
  proof: proofSchema.describe(`JWS by the client key (header jwk), typ pass-client-key+jwt; ${aud}`),
})
export const attestationSchema = z.object({
  attestation: z.string().describe('Client attestation (OpenID4VCI 1.0 appendix E) for the key of the proof'),
  clientId: z.string(),
  expiresAt: z.iso.datetime(),
})

export const keyAttestationBodySchema = z.object({
  proofs: z
    .array(proofSchema)
    .min(1)
    .max(10)
    .describe(`For each key a JWS by it (header jwk), typ pass-holder-key+jwt; ${aud}`),
  nonce: z.string().min(1).max(500).optional().describe("The issuer's c_nonce"),
})
export const keyAttestationSchema = z.object({
  keyAttestation: z.string().describe('Key attestation (OpenID4VCI 1.0 appendix D) of the proven keys'),
})

export const bindBodySchema = z.object({
  proof: proofSchema.describe(`JWS by the key of the wallet's account, typ pass-account-key+jwt; ${aud}`),
})

export const instanceStateSchema = z.enum(['active', 'account_closed', 'revoked'])
export const instanceSchema = z.object({
  id: z.uuid(),
  account: z.string().nullable().describe('Number of the connected account'),
  state: instanceStateSchema,
  reason: z.string().nullable().describe('Why it was revoked'),
  createdAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
})
export const instancesQuerySchema = z.object({
  account: z.string().trim().max(20).optional().describe('Number of an account, as a citizen reads it out'),
  state: instanceStateSchema.optional(),
  cursor: z.string().max(200).optional().describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const instancesPageSchema = z.object({
  items: z.array(instanceSchema),
  nextCursor: z.string().nullable(),
})
export const instanceParamsSchema = z.object({ id: z.uuid() })
export const revokeBodySchema = z.strictObject({ reason: z.string().trim().min(1).max(200) })

export type InstanceState = z.output<typeof instanceStateSchema>
export type InstancesQuery = z.output<typeof instancesQuerySchema>
export type InstancesPage = z.output<typeof instancesPageSchema>
export type Attestation = z.output<typeof attestationSchema>
