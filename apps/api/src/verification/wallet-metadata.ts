import { z } from 'zod'
import { OAuthError } from '../http/problem.ts'
import { RESPONSE_ENCRYPTIONS } from '../jose/jwe.ts'
import type { ClientIdPrefix } from './verifier-identity.ts'

const names = z.array(z.string()).optional()

/** What a wallet says of itself (OpenID4VP 1.0 section 10), as far as it decides whether it can answer. */
const metadataSchema = z.object({
  vp_formats_supported: z
    .record(z.string(), z.object({ 'sd-jwt_alg_values': names, 'kb-jwt_alg_values': names }))
    .optional(),
  client_id_prefixes_supported: names,
  request_object_signing_alg_values_supported: names,
  response_types_supported: names,
  response_modes_supported: names,
  authorization_encryption_alg_values_supported: names,
  authorization_encryption_enc_values_supported: names,
})
type Metadata = z.output<typeof metadataSchema>

/**
 * Sees whether a wallet can answer what HAIP lets us ask. There is nothing to choose: one format, one signature, both
 * encryptions (HAIP 1.0 section 5), so a wallet that cannot is told at once instead of failing later without a reason.
 * @param text `wallet_metadata` as it was posted (section 5.10)
 * @throws OAuthError `invalid_request`, `vp_formats_not_supported`, `unsupported_response_type`
 */
export function assertWalletCanAnswer(text: string, prefix: ClientIdPrefix): void {
  const metadata = read(text)
  const { vp_formats_supported: formats } = metadata
  if (formats) {
    const format = Object.hasOwn(formats, 'dc+sd-jwt') ? formats['dc+sd-jwt'] : undefined
    // ES256 and, as a fully specified algorithm (appendix B.3.4), ESP256: the same on P-256.
    const signs = [format?.['sd-jwt_alg_values'], format?.['kb-jwt_alg_values']]
    if (!format || !signs.every((algorithms) => lists(algorithms, 'ES256') || lists(algorithms, 'ESP256')))
      throw new OAuthError(
        'vp_formats_not_supported',
        'Asked for are dc+sd-jwt credentials signed with ES256.',
      )
  }
  if (!lists(metadata.response_types_supported, 'vp_token'))
    throw new OAuthError('unsupported_response_type', 'The response type is vp_token.')
  for (const [has, what] of [
    [lists(metadata.client_id_prefixes_supported, prefix), `The client id has the prefix ${prefix}.`],
    [lists(metadata.request_object_signing_alg_values_supported, 'ES256'), 'Requests are signed with ES256.'],
    [lists(metadata.response_modes_supported, 'direct_post.jwt'), 'The response mode is direct_post.jwt.'],
    [
      lists(metadata.authorization_encryption_alg_values_supported, 'ECDH-ES'),
      'Answers are encrypted by ECDH-ES.',
    ],
    [sharesEncryption(metadata), `Answers are encrypted with ${RESPONSE_ENCRYPTIONS.join(' or ')}.`],
  ] as const)
    if (!has) throw new OAuthError('invalid_request', what)
}

function read(text: string): Metadata {
  try {
    return metadataSchema.parse(JSON.parse(text))
  } catch {
    throw new OAuthError('invalid_request', 'wallet_metadata cannot be read.')
  }
}

/** What a wallet does not mention it leaves to the profile. */
const lists = (values: string[] | undefined, wanted: string): boolean => values?.includes(wanted) ?? true

const sharesEncryption = ({ authorization_encryption_enc_values_supported: values }: Metadata): boolean =>
  values?.some((value) => RESPONSE_ENCRYPTIONS.includes(value)) ?? true
