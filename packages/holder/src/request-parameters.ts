import { z } from 'zod'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { ENCRYPTIONS, usableKey } from './message-encryption.ts'
import { addressOf } from './reach.ts'
import type { VerifiedRequest } from './types.ts'

/** Clocks differ by this much, seconds. */
const SKEW = 60
/** More of one kind than any honest request has. */
const MANY = 50

/** Parameters of a request (OpenID4VP 1.0 section 5), as far as the wallet uses them. */
const parametersSchema = z.looseObject({
  response_type: z.string(),
  response_mode: z.string().optional(),
  response_uri: z.string().optional(),
  redirect_uri: z.unknown().optional(),
  scope: z.unknown().optional(),
  // Section 5.2: these characters and no others.
  nonce: z.string().regex(/^[\w.~-]+$/),
  state: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
  exp: z.number().optional(),
  wallet_nonce: z.string().optional(),
  dpop_jkt: z.string().optional(),
  expected_origins: z.array(z.string()).min(1).optional(),
  transaction_data: z.array(z.string()).min(1).max(MANY).optional(),
  dcql_query: z.record(z.string(), z.unknown()).optional(),
  client_metadata: z
    .looseObject({
      jwks: z.looseObject({ keys: z.array(z.unknown()).max(MANY) }).optional(),
      encrypted_response_enc_values_supported: z.array(z.string()).optional(),
    })
    .optional(),
  verifier_info: z
    .array(z.looseObject({ format: z.string(), data: z.unknown() }))
    .max(MANY)
    .optional(),
})
export type RequestParameters = z.infer<typeof parametersSchema>

/** @throws HolderError `request_malformed` */
export function parseParameters(value: unknown): RequestParameters {
  return parseOr(parametersSchema, () => value)
}

/** Reads something of a request. @throws HolderError `request_malformed` */
export function parseOr<T>(schema: z.ZodType<T>, read: () => unknown): T {
  try {
    return schema.parse(read())
  } catch (error) {
    throw asHolderError(error, 'request_malformed')
  }
}

/** @throws HolderError `request_expired`, or `request_malformed` for one from the future */
export function checkTimes({ exp, nbf, iat }: RequestParameters, { clock }: HolderPorts): void {
  const now = clock().getTime() / 1000
  if (exp !== undefined && exp + SKEW < now) throw new HolderError('request_expired', 'exp is past')
  if (Math.max(nbf ?? 0, iat ?? 0) - SKEW > now) throw malformed('the request is from the future')
}

/** How the answer travels: to an address, or back to the page of this origin. */
export type AnswerPath = { responseMode: 'direct_post.jwt' } | { responseMode: 'dc_api.jwt'; origin: string }

/**
 * Takes what the wallet needs, refusing what it cannot do rather than ignoring it.
 *
 * @param clientId whom the answer is made out to
 * @throws HolderError `request_malformed`, `request_unsupported`, `insecure_address`
 */
export async function understood(
  parameters: RequestParameters,
  clientId: string,
  path: AnswerPath,
  ports: HolderPorts,
): Promise<VerifiedRequest> {
  const {
    response_type: type,
    response_mode: mode,
    client_metadata: metadata,
    dcql_query: query,
  } = parameters
  if (type !== 'vp_token' || mode !== path.responseMode) throw unsupported(`${type} by ${mode}`)
  if (query === undefined) throw unsupported('a query that is not DCQL')
  // Section 5.1: one or the other; a scope that stands for a query is not known here.
  if (parameters.scope !== undefined) throw malformed('a query and a scope')

  const key = await usableKey(metadata?.jwks?.keys ?? [])
  if (!key) throw unsupported('no P-256 key to encrypt the response to')
  // Section 8.3: A128GCM when the verifier names none.
  const offered = metadata?.encrypted_response_enc_values_supported ?? ['A128GCM']
  const enc = ENCRYPTIONS.find((value) => offered.includes(value))
  if (!enc) throw unsupported(`encryption with ${offered.join(', ')}`)
  const { nonce, state, dpop_jkt: proofOf } = parameters
  const request = { clientId, nonce, encryption: { key, enc }, dcqlQuery: query }
  // Appendix A.2: neither a state nor an address belongs to a request from a web page.
  if (path.responseMode === 'dc_api.jwt') return request
  return {
    ...request,
    ...(state === undefined ? {} : { state }),
    ...(proofOf === undefined ? {} : { proofOf }),
    responseUri: responseUri(parameters, ports),
  }
}

/** Section 8.2: with direct_post there is a response_uri and no redirect_uri. */
function responseUri(
  { response_uri: uri, redirect_uri: other }: RequestParameters,
  ports: HolderPorts,
): string {
  if (uri === undefined || other !== undefined) throw malformed('no address for the response')
  return addressOf(uri, ports.allowInsecure ?? false).href
}

const malformed = (message: string): HolderError => new HolderError('request_malformed', message)
const unsupported = (what: string): HolderError => new HolderError('request_unsupported', what)
