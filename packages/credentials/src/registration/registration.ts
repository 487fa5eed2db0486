import { z } from 'zod'
import { localizedSchema } from '../types/localized.ts'

/** `typ` of the statement by which the city registers what a verifier may ask, and why. */
export const REGISTRATION_TYP = 'incheon-verifier-registration+jwt'

export const verifierRegistrationSchema = z.object({
  /** The city's authority, a SAN URI of the certificate that signed. */
  iss: z.string().min(1),
  /** Hash of the verifier's certificate, the value behind `x509_hash:`. */
  sub: z.string().min(1),
  purpose: localizedSchema,
  credentials: z.array(
    z.object({
      vct: z.string().min(1),
      claims: z.array(z.array(z.union([z.string(), z.number(), z.null()])).min(1)),
    }),
  ),
  /** Seconds. */
  iat: z.number(),
  exp: z.number(),
})

/** What the city registered for a verifier. Travels as `verifier_info` (OpenID4VP 1.0 section 5.11). */
export type VerifierRegistration = z.infer<typeof verifierRegistrationSchema>
