import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { localeOf, pageHeaders } from '../sign-in/page.ts'
import { loginPage, lostPage } from './login-page.ts'
import type { SamplePerson } from './people.ts'
import { createSampleProvider, type SampleProviderOptions } from './provider.ts'

const SHOWN = 5

/**
 * The sample provider as one Express app: the protocol, and a page to pick a person on. It has no password because it
 * knows nobody real.
 */
export async function createSampleApp(options: SampleProviderOptions): Promise<Express> {
  const { name, people, failed } = options
  const provider = await createSampleProvider(options)
  const app = express()
  app.disable('x-powered-by')

  const show: RequestHandler = async (request, response) => {
    const asked = await provider.interactionDetails(request, response)
    const { lang, query, act } = { ...request.query, ...request.body } as Record<string, unknown>
    const locale = localeOf({
      lang,
      uiLocales: asked.params['ui_locales'],
      acceptLanguage: request.get('accept-language'),
    })
    const wanted = typeof query === 'string' ? query.slice(0, 50).trim() : ''
    const found = search(people(), wanted)
    response.set(pageHeaders({ formTargets: 'anywhere' })).send(
      loginPage({
        locale,
        name: name[locale],
        query: wanted,
        found: found.slice(0, SHOWN),
        more: found.length > SHOWN,
        nobodyChosen: act === 'confirm',
      }),
    )
  }
  const answer: RequestHandler = async (request, response, next) => {
    const { act, person: number } = { ...request.body } as Record<string, unknown>
    if (act === 'cancel')
      return provider.interactionFinished(request, response, {
        error: 'access_denied',
        error_description: 'The person turned back.',
      })
    const person = act === 'confirm' ? people().find((known) => known.number === number) : undefined
    if (!person) return show(request, response, next)
    return provider.interactionFinished(request, response, {
      login: { accountId: person.subject, remember: false },
    })
  }
  const lost: ErrorRequestHandler = (error, request, response, next) => {
    // The protocol's errors and the body parser's say whose fault they are; others are ours.
    const { statusCode = 500 } = error as { statusCode?: number }
    if (statusCode >= 500) failed(error)
    if (response.headersSent) return next(error)
    const locale = localeOf({ acceptLanguage: request.get('accept-language') })
    response
      .status(statusCode)
      .set(pageHeaders())
      .send(lostPage({ locale, name: name[locale] }))
  }

  app.get('/sign-in/:uid', show)
  app.post('/sign-in/:uid', express.urlencoded({ extended: false, limit: '4kb' }), answer)
  app.use(provider.callback())
  app.use(lost)
  return app
}

/** By number or the beginning of a name; without a wish, adults, who are entitled to most of what there is. */
function search(people: readonly SamplePerson[], query: string): SamplePerson[] {
  const wanted = query.normalize('NFC').toLowerCase()
  if (wanted === '') return people.filter(({ birthDate }) => birthDate < '2000')
  const exact = people.filter(({ number }) => number.toLowerCase() === wanted)
  if (exact.length > 0) return exact
  return people.filter(({ number, nameKo, nameEn }) =>
    [number, nameKo, nameEn].some((text) => text.toLowerCase().startsWith(wanted)),
  )
}
