import type { VerifiedCertificate } from '@pass/credentials'
import { base64url } from 'jose'
import { z } from 'zod'
import { HolderError, holderErrorWithin } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { LARGEST } from './reach.ts'
import { extrasOf, type ReceivedRequest, readSigned } from './request.ts'
import {
  checkTimes,
  parseOr,
  parseParameters,
  type RequestParameters,
  understood,
} from './request-parameters.ts'
import type { DcApiRequest } from './types.ts'
import { verifyRequest } from './verify-request.ts'

const signedSchema = z.looseObject({ request: z.string() })
/** JWS JSON serialization (RFC 7515 section 7.2.1); what names the verifier is in each signature's own header. */
const multisignedSchema = z.looseObject({
  request: z.looseObject({
    payload: z.string(),
    signatures: z
      .array(z.looseObject({ protected: z.string(), signature: z.string() }))
      .min(1)
      .max(20),
  }),
})
const protectedSchema = z.looseObject({
  alg: z.literal('ES256'),
  typ: z.literal('oauth-authz-req+jwt').optional(),
  x5c: z.array(z.string()).min(1),
  client_id: z.string(),
  verifier_info: z.unknown().optional(),
})

/** A request whose maker is known as far as it can be. */
type Checked = { parameters: RequestParameters; verifier?: VerifiedCertificate }

/**
 * Reads a request that a web page made by the Digital Credentials API (OpenID4VP 1.0 appendix A). The answer is made
 * out to the page's origin, which the browser vouches for, also when the request is signed (A.4).
 *
 * @throws HolderError `request_malformed`, `request_unsupported`, `request_expired`, `verifier_untrusted`, `too_large`
 */
export async function receiveDcApiRequest(
  { protocol, data, origin }: DcApiRequest,
  ports: HolderPorts,
): Promise<ReceivedRequest> {
  if ((JSON.stringify(data)?.length ?? 0) > LARGEST.requestObject) {
    throw new HolderError('too_large', 'the request is larger than any')
  }
  checkOrigin(origin, ports)
  const { parameters, verifier } = await checked(protocol, data, origin, ports)
  checkTimes(parameters, ports)
  const request = await understood(
    parameters,
    `origin:${origin}`,
    { responseMode: 'dc_api.jwt', origin },
    ports,
  )
  return { request, ...(verifier ? { verifier } : {}), origin, ...extrasOf(parameters) }
}

async function checked(
  protocol: string,
  data: unknown,
  origin: string,
  ports: HolderPorts,
): Promise<Checked> {
  switch (protocol) {
    case 'openid4vp-v1-unsigned': {
      // A.2: client_id and expected_origins mean nothing here; and nobody vouches for what the page says of itself.
      const { verifier_info: _, ...parameters } = parseParameters(data)
      return { parameters }
    }
    case 'openid4vp-v1-signed': {
      const { request } = parseOr(signedSchema, () => data)
      const { parameters, x5c, clientId } = readSigned(request)
      const verifier = await verifyRequest({ jws: request, x5c, clientId }, undefined, ports)
      checkExpected(parameters, origin)
      return { parameters, verifier }
    }
    case 'openid4vp-v1-multisigned':
      return multisigned(data, origin, ports)
    default:
      throw new HolderError('request_unsupported', protocol)
  }
}

/** The first signature that counts here; those for other trust frameworks are passed over (A.3.2). */
async function multisigned(data: unknown, origin: string, ports: HolderPorts): Promise<Checked> {
  const { request } = parseOr(multisignedSchema, () => data)
  const payload = parseParameters(json(request.payload))
  let refusal: unknown
  for (const { protected: encoded, signature } of request.signatures) {
    try {
      const { x5c, client_id: clientId, verifier_info: info } = parseOr(protectedSchema, () => json(encoded))
      const jws = `${encoded}.${request.payload}.${signature}`
      const verifier = await verifyRequest({ jws, x5c, clientId }, undefined, ports)
      // What is said of the verifier stands only in the header of its own signature.
      const { verifier_info: _, ...parameters } = payload
      checkExpected(parameters, origin)
      return {
        parameters: parseParameters({
          ...parameters,
          ...(info === undefined ? {} : { verifier_info: info }),
        }),
        verifier,
      }
    } catch (error) {
      if (holderErrorWithin(error)?.code === 'network') throw error
      refusal = error
    }
  }
  throw new HolderError('verifier_untrusted', 'no signature of the request counts here', { cause: refusal })
}

/** A.2: compared as text, so that a request made for one page cannot be replayed by another. */
function checkExpected({ expected_origins: expected }: RequestParameters, origin: string): void {
  if (!expected) throw new HolderError('request_malformed', 'a signed request without expected_origins')
  if (!expected.includes(origin)) {
    throw new HolderError('verifier_untrusted', `${origin} shows a request that was made for another page`)
  }
}

function checkOrigin(origin: string, { allowInsecure }: HolderPorts): void {
  const url = URL.canParse(origin) ? new URL(origin) : undefined
  const secure = url?.protocol === 'https:' || (allowInsecure && url?.protocol === 'http:')
  if (!secure || url?.origin !== origin)
    throw new HolderError('insecure_address', 'not the origin of a web page')
}

function json(encoded: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(base64url.decode(encoded)))
  } catch (cause) {
    throw new HolderError('request_malformed', 'a part of the request cannot be read', { cause })
  }
}
