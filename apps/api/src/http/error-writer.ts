import type { Request, Response } from 'express'
import type { Logger } from 'pino'
import { isDatabaseOutage, isUnstorable, safeError } from './failure.ts'
import { OAuthError, Problem, type ProblemCode, STATUS_OF } from './problem.ts'

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** What an OAuth client is told when one of our own refusals happens before the protocol's rules are reached. */
const OAUTH_ERROR_OF: Partial<Record<ProblemCode, string>> = {
  too_many_requests: 'temporarily_unavailable',
  database_unavailable: 'temporarily_unavailable',
  chain_unavailable: 'temporarily_unavailable',
  internal: 'server_error',
}

/** Express and its body parser name their errors in `type`; everything else that is not ours is `internal`. */
export function toProblem(error: unknown): Problem | OAuthError {
  if (error instanceof Problem || error instanceof OAuthError) return error
  if (isDatabaseOutage(error))
    return new Problem('database_unavailable', 'The database does not answer. Try again.')
  if (isUnstorable(error))
    return new Problem('bad_request', 'The request has a character that cannot be stored.')
  const { type, status } = Object(error) as { type?: unknown; status?: unknown }
  if (type === 'entity.too.large')
    return new Problem('too_large', 'The body is larger than this address accepts.')
  if (status === 415)
    return new Problem('unsupported_media_type', 'The body has an encoding that is not accepted.')
  if (type === 'entity.parse.failed') return new Problem('bad_request', 'The body is not well-formed JSON.')
  // A malformed address, an aborted request, too many form fields.
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Problem('bad_request', 'The request cannot be read.')
  return new Problem('internal', 'Something went wrong on our side. The request id finds it in the log.')
}

/** Writes a refusal in the form that the route's callers understand: RFC 9457, or RFC 6749 section 5.2. */
export function writeError(
  error: unknown,
  form: 'problem' | 'oauth',
  request: Request,
  response: Response,
  log: Logger,
): void {
  const refusal = toProblem(error)
  const internal = refusal instanceof Problem && STATUS_OF[refusal.code] >= 500
  if (internal) log.error({ requestId: request.id, error: safeError(error) }, 'request failed')
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.setHeader('Cache-Control', 'no-store')
  if (form === 'oauth' || refusal instanceof OAuthError) writeOAuth(refusal, response)
  else writeProblem(refusal, request, response)
}

function writeProblem(problem: Problem, request: Request, response: Response): void {
  const status = STATUS_OF[problem.code]
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  if (status === 503) response.setHeader('Retry-After', '5')
  const document = {
    ...problem.extra,
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    code: problem.code,
    detail: problem.message,
    requestId: request.id,
  }
  response.status(status).type('application/problem+json').send(JSON.stringify(document))
}

function writeOAuth(refusal: Problem | OAuthError, response: Response): void {
  if (refusal instanceof OAuthError) {
    for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value)
    response
      .status(refusal.status)
      .type('application/json')
      .send(JSON.stringify({ ...refusal.extra, error: refusal.error, error_description: refusal.message }))
    return
  }
  const error = OAUTH_ERROR_OF[refusal.code] ?? 'invalid_request'
  response
    .status(STATUS_OF[refusal.code])
    .type('application/json')
    .send(JSON.stringify({ error, error_description: refusal.message }))
}
