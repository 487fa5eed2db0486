import { toBase64url } from './encoding.ts'
import { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { parametersIn } from './link.ts'
import { LARGEST, type Reach } from './reach.ts'

/** What the wallet can do, for a verifier that adapts (OpenID4VP 1.0 section 10); the same from every wallet. */
const WALLET_METADATA = {
  vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } },
  client_id_prefixes_supported: ['x509_hash'],
  request_object_signing_alg_values_supported: ['ES256'],
  authorization_encryption_alg_values_supported: ['ECDH-ES'],
  authorization_encryption_enc_values_supported: ['A256GCM', 'A128GCM'],
  response_types_supported: ['vp_token'],
  response_modes_supported: ['direct_post.jwt'],
}
const NAMES = ['request_uri', 'request', 'client_id'] as const

/** A signed request as it came, and what it has to say to count as the one that was asked for. */
export type RequestObject = {
  jwt: string
  /** Of the link. */
  clientId: string
  walletNonce?: string
  requestUri?: string
}

/**
 * Finds the request in a text, and fetches it when it is given by reference (OpenID4VP 1.0 section 5.10).
 *
 * @throws HolderError `request_malformed`, `request_expired` (gone), `verifier_untrusted` (not signed), network
 */
export async function requestObject(text: string, ports: HolderPorts, reach: Reach): Promise<RequestObject> {
  const parameters = parametersIn(text, NAMES)
  const clientId = parameters?.get('client_id')
  if (!parameters || !clientId) throw malformed('the text holds no presentation request')
  const [byValue, requestUri] = [parameters.get('request'), parameters.get('request_uri')]
  const method = parameters.get('request_uri_method') ?? 'get'
  for (const name of [...NAMES, 'request_uri_method']) {
    if (parameters.getAll(name).length > 1) throw malformed(`${name} is there twice`)
  }
  // Section 5.1: case-sensitive, these two. RFC 9101 section 5: by value or by reference, not both.
  if (method !== 'get' && method !== 'post') throw malformed(`request_uri_method ${method}`)
  if (byValue && requestUri) throw malformed('the request is there by value and by reference')
  if (byValue) return { jwt: byValue, clientId }
  if (!requestUri) throw new HolderError('verifier_untrusted', 'the request is not signed')

  const accept = { accept: 'application/oauth-authz-req+jwt' }
  if (method === 'get') {
    const response = await reach(requestUri, { headers: accept }, LARGEST.requestObject)
    return { jwt: await jwtFrom(response), clientId, requestUri }
  }
  const walletNonce = toBase64url(ports.random(16))
  const response = await reach(
    requestUri,
    {
      method: 'POST',
      headers: { ...accept, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        wallet_nonce: walletNonce,
        wallet_metadata: JSON.stringify(WALLET_METADATA),
      }).toString(),
    },
    LARGEST.requestObject,
  )
  return { jwt: await jwtFrom(response), clientId, walletNonce, requestUri }
}

async function jwtFrom(response: Response): Promise<string> {
  const body = (await response.text()).trim()
  if (response.ok) return body
  const serverCode = /request_expired|already_answered/.exec(body)?.[0]
  const gone = response.status === 404 || response.status === 410 || serverCode !== undefined
  throw new HolderError(
    gone ? 'request_expired' : 'request_malformed',
    `its address answered ${response.status}`,
    serverCode === undefined ? {} : { serverCode },
  )
}

const malformed = (message: string): HolderError => new HolderError('request_malformed', message)
