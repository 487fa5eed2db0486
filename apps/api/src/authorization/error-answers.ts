import { type Configuration, errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider'
import type { Context } from '../context.ts'
import { isDatabaseOutage, safeError } from '../http/failure.ts'
import { localeOf, pageHeaders } from '../sign-in/page.ts'
import { problemPage } from '../sign-in/pages.ts'
import { Refusal } from './refusal.ts'

/** What stands in a browser's address bar; everything else is asked by programs. */
const PAGES = new Set(['authorization', 'resume'])

/** A person reads a page that says what to do, a program OAuth's own form; neither learns how it is made inside. */
export function renderError({ city }: Pick<Context, 'city'>): NonNullable<Configuration['renderError']> {
  return (ctx, out, error) => {
    if (!PAGES.has(ctx.oidc.route) || ctx.accepts('html', 'json') !== 'html') {
      ctx.body = out
      return
    }
    const locale = localeOf({ lang: ctx.query['lang'], acceptLanguage: ctx.get('accept-language') })
    const expired = error instanceof errors.SessionNotFound || error instanceof errors.InvalidRequestUri
    const code = expired ? 'expired' : ctx.status >= 500 ? 'unavailable' : 'invalid_request'
    ctx.body = problemPage({ locale, city: city.name[locale], code })
    ctx.set(pageHeaders())
  }
}

/**
 * Finishes what oidc-provider answers to programs: further members of our own refusals, and a database that is away is a
 * reason to come back. Faults of ours are logged by what they are, without what was asked.
 */
export function answerErrors(provider: Provider, { log }: Pick<Context, 'log'>): void {
  const finish = (ctx: KoaContextWithOIDC, error: Error) => {
    if (error instanceof Refusal) Object.assign(Object(ctx.body), error.extra)
    // RFC 6749 section 5.2: a client that names another than the one it proves to be is not authenticated.
    const { error_description: description } = error as { error_description?: unknown }
    if (description === 'client_id mismatch') {
      ctx.status = 401
      ctx.body = { error: 'invalid_client', error_description: 'client authentication failed' }
    }
  }
  provider.on('grant.error', finish)
  provider.on('pushed_authorization_request.error', finish)
  provider.on('server_error', (ctx, error) => {
    log.error({ requestId: Object(ctx.req).id, error: safeError(error) }, 'request failed')
    if (!isDatabaseOutage(error)) return
    ctx.status = 503
    ctx.set('Retry-After', '5')
    if (!PAGES.has(ctx.oidc.route))
      ctx.body = {
        error: 'temporarily_unavailable',
        error_description: 'The database does not answer. Try again.',
      }
  })
  // Koa would print what it could not answer, with the address.
  provider.on('error' as 'server_error', (error: unknown) =>
    log.error({ error: safeError(error) }, 'request failed'),
  )
}
