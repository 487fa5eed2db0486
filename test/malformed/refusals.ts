import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { TestCity } from '../city.ts'
import type { Answer, Sent } from '../conformance/http.ts'
import type { Copy } from '../conformance/presentation.ts'
import type { Overrides, TestProvider } from '../conformance/wallet-provider.ts'
import { type Form, faultyJson, type JsonObject } from './mutations.ts'

/** One city for all properties; its members are there once the first hook has run. */
export type Suite = { city: TestCity; provider: TestProvider; copies: Copy[]; type: string }

/** Each property is tried so often; a failure prints the seed that repeats it. */
export const RUNS = Number(process.env['MALFORMED_RUNS'] ?? 60)

/** What an endpoint may answer to a message that is not right, by the specification named. */
export const CODES = {
  /** RFC 6749 section 5.2, RFC 9126 section 2.3, RFC 9396 section 5, RFC 9449 section 5, client attestation section 7. */
  oauth: [
    'invalid_request',
    'invalid_client',
    'invalid_grant',
    'invalid_scope',
    'invalid_target',
    'unauthorized_client',
    'unsupported_grant_type',
    'unsupported_response_type',
    'invalid_authorization_details',
    'invalid_dpop_proof',
    'use_dpop_nonce',
    'use_attestation_challenge',
    'invalid_client_attestation',
    'request_not_supported',
    'request_uri_not_supported',
  ],
  /** OpenID4VCI 1.0 sections 8.3.1, 9.3, 11.3, RFC 6750 section 3.1, RFC 9449 section 7.1. */
  resource: [
    'invalid_request',
    'invalid_token',
    'invalid_dpop_proof',
    'use_dpop_nonce',
    'invalid_credential_request',
    'unknown_credential_configuration',
    'unknown_credential_identifier',
    'invalid_proof',
    'invalid_nonce',
    'invalid_encryption_parameters',
    'credential_request_denied',
    'invalid_transaction_id',
    'invalid_notification_id',
    'invalid_notification_request',
  ],
  /** OpenID4VP 1.0 section 8.5, RFC 6749 section 4.1.2.1. */
  verifier: ['invalid_request', 'invalid_presentation', 'invalid_dpop_proof', 'vp_formats_not_supported'],
} as const

/** A refusal is one that the specification knows, in JSON, without a word about the inside of the server. */
export function expectTold(answer: Answer, codes: readonly string[], what: string): void {
  const { status, text, body, headers } = answer
  const told = `${what}: ${status} ${text.slice(0, 300)}`
  expect(status, told).toBeLessThan(500)
  expect(text, told).not.toMatch(/\.(ts|js|mjs):\d+|node_modules|\n\s+at |SELECT |INSERT |prisma/i)
  // Headers too large for any server: Node answers by itself, before anything is read.
  if (status < 400 || status === 431) return
  expect(headers.get('content-type'), told).toMatch(/json/)
  expect(codes, told).toContain(body.error)
}

type Case<Message> = {
  arbitrary: fc.Arbitrary<{ what: string; message: Message }>
  codes: readonly string[]
  send: (message: Message) => Promise<Answer>
}

export function refuses<Message>({ arbitrary, codes, send: ask }: Case<Message>): Promise<void> {
  return fc.assert(
    fc.asyncProperty(arbitrary, async ({ what, message }) => expectTold(await ask(message), codes, what)),
    { numRuns: RUNS, endOnFailure: true },
  )
}

/** Overrides that leave of an object just what the faulty one has. */
export const instead = (good: JsonObject, faulty: JsonObject): JsonObject =>
  ({ ...Object.fromEntries(Object.keys(good).map((name) => [name, undefined])), ...faulty }) as JsonObject

export const urlEncoded = (form: Form): Sent => ({ form: new URLSearchParams(form) })

/** Claims of a signed part, spoiled and signed again: the signature is good, what it says is not. */
export const spoilt = (part: 'header' | 'claims', good: JsonObject) =>
  faultyJson(good).map(({ what, message }): { what: string; message: Overrides } => ({
    what: `${part} ${what}`,
    message: { [part]: instead(good, message) },
  }))

/** What an HTTP client lets through as the value of a header. */
export function isHeaderValue(text: string): boolean {
  try {
    new Headers({ a: text })
    return text.length < 8000
  } catch {
    return false
  }
}
