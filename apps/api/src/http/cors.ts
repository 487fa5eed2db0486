import type { RequestHandler } from 'express'

/**
 * Addresses that other makers' web wallets and verifiers call from pages of their own. None of them reads the
 * session cookie, so any origin may; every other address keeps the browser's same-origin rule.
 */
const OPEN = [
  /^\/\.well-known\//,
  /^\/issuers\//,
  /^\/oauth\/(par|token|challenge|\.well-known\/.+)$/,
  /^\/verifier\//,
  /^\/status-lists\//,
  /^\/credential-types\//,
  /^\/api\/trust$/,
  /^\/api\/anchors\/(roots|[0-9a-f]{64})$/,
]

const ALLOWED_HEADERS =
  'Authorization, Content-Type, DPoP, OAuth-Client-Attestation, OAuth-Client-Attestation-PoP, If-None-Match'
const EXPOSED_HEADERS =
  'DPoP-Nonce, OAuth-Client-Attestation-Challenge, WWW-Authenticate, ETag, Retry-After, X-Request-Id'

export function isOpenToOtherOrigins(path: string): boolean {
  return OPEN.some((pattern) => pattern.test(path))
}

/** CORS without credentials for the protocol's addresses; nothing for the rest. */
export function cors(): RequestHandler {
  return (request, response, next) => {
    if (!isOpenToOtherOrigins(request.path)) return next()
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Expose-Headers', EXPOSED_HEADERS)
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
    if (request.method !== 'OPTIONS') return next()
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST')
    response.setHeader('Access-Control-Allow-Headers', ALLOWED_HEADERS)
    response.setHeader('Access-Control-Max-Age', '86400')
    response.status(204).end()
  }
}
