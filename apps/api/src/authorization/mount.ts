import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express'
import { errors, type Provider } from 'oidc-provider'
import type { Context } from '../context.ts'
import { toProblem, writeError } from '../http/error-writer.ts'
import { safeError } from '../http/failure.ts'
import { OAuthError, Problem, STATUS_OF } from '../http/problem.ts'
import { limitRate } from '../http/rate-limit.ts'
import { localeOf } from '../sign-in/page.ts'
import { problemPage } from '../sign-in/pages.ts'
import { sendPage } from './interactions.ts'

/** oidc-provider's endpoints that wallets may use, with requests per minute from one address. It has more than these. */
const FOR_PROGRAMS = [
  { method: 'POST', path: '/par', perMinute: 120 },
  { method: 'POST', path: '/token', perMinute: 120 },
  { method: 'POST', path: '/challenge', perMinute: 300 },
]
const FOR_BROWSERS = [
  { method: 'GET', path: '/authorize', perMinute: 120 },
  { method: 'GET', path: '/authorize/:uid', perMinute: 120 },
]
const PAGES_PER_MINUTE = 120
const MOST_BYTES = 20_000

/** The authorization server below /oauth: only what is named here passes on to oidc-provider. */
export function mountAuthorization(
  { config, log, city }: Pick<Context, 'config' | 'log' | 'city'>,
  { provider, pages }: { provider: Provider; pages: Router },
): RequestHandler {
  const answer = provider.callback()
  const router = Router({ caseSensitive: true, strict: true })
  const refuseProgram: ErrorRequestHandler = (error, request, response, _next) =>
    writeError(error, 'oauth', request, response, log)
  const refusePerson: ErrorRequestHandler = (error, request, response, _next) => {
    const expired = error instanceof errors.SessionNotFound
    const problem = toProblem(error)
    const status = expired ? 400 : problem instanceof Problem ? STATUS_OF[problem.code] : problem.status
    if (status >= 500) log.error({ requestId: request.id, error: safeError(error) }, 'request failed')
    const locale = localeOf({ lang: request.query['lang'], acceptLanguage: request.get('accept-language') })
    const code = expired ? 'expired' : status >= 500 || status === 429 ? 'unavailable' : 'invalid_request'
    sendPage(response, status, problemPage({ locale, city: city.name[locale], code }))
  }

  for (const [endpoints, refuse] of [
    [FOR_PROGRAMS, refuseProgram],
    [FOR_BROWSERS, refusePerson],
  ] as const)
    for (const { method, path, perMinute } of endpoints)
      router.all(
        path,
        named(path),
        ...limitRate(perMinute, config.rateLimitFactor),
        (request: Request, response: Response) => {
          if (request.method !== method) {
            response.setHeader('Allow', method)
            throw new OAuthError('invalid_request', `This address takes ${method}.`, { status: 405 })
          }
          if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES)
            throw new Problem('too_large', 'The body is larger than this address accepts.')
          return answer(request, response)
        },
        refuse,
      )

  const perPage = limitRate(PAGES_PER_MINUTE, config.rateLimitFactor)
  router.use('/interaction/:uid', named('/interaction/{uid}'), ...perPage)
  router.use('/sign-in', named('/sign-in/callback'), ...perPage)
  router.use(pages, refusePerson)
  return router
}

/** For the log, which holds no address. */
const named =
  (path: string): RequestHandler =>
  (request, _response, next) => {
    request.template = `/oauth${path.replaceAll(/:(\w+)/g, '{$1}')}`
    next()
  }
