import { CredentialError } from '@pass/credentials'
import { decryptResponse } from '../jose/jwe.ts'

/** More than any query of ours can ask for. */
const MAX_ANSWERS = 16

/**
 * Opens an encrypted response (OpenID4VP 1.0 section 8.3) down to its presentations, by credential query id, or to
 * the wallet's word that it declines.
 * @throws ResponseEncryptionError, CredentialError `malformed_response`
 */
export function readVpToken(
  jwe: string,
  privateKey: Uint8Array,
  id: string,
  channel: 'redirect' | 'dc_api',
): ReadonlyMap<string, string> | 'declined' {
  const payload = parseObject(decryptResponse(jwe, privateKey, id))
  // Section 5.3: a wallet that got a state has to give it back. The Digital Credentials API has none (appendix A.2).
  if (channel === 'redirect' && payload['state'] !== id) throw malformed('The answer names another request.')
  if (typeof payload['error'] === 'string') return 'declined'
  const token = payload['vp_token']
  if (!isObject(token)) throw malformed('There is no vp_token.')
  const entries = Object.entries(token)
  if (entries.length > MAX_ANSWERS) throw malformed('There are too many presentations.')
  return new Map(entries.map(([query, presentations]) => [query, single(presentations)]))
}

/** Our queries never ask for more than one, so each array holds exactly one (section 8.1). */
function single(presentations: unknown): string {
  const [presentation, ...more] = Array.isArray(presentations) ? (presentations as unknown[]) : []
  if (typeof presentation !== 'string' || more.length > 0)
    throw malformed('Each query takes one presentation.')
  return presentation
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // A parser's message quotes its input, and this input is personal.
  }
  if (!isObject(value)) throw malformed('The answer is no JSON object.')
  return value
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const malformed = (message: string): CredentialError => new CredentialError('malformed_response', message)
