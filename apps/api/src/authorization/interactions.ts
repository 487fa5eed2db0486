import { type CookieOptions, type RequestHandler, type Response, Router, urlencoded } from 'express'
import { errors, type Interaction, type Provider } from 'oidc-provider'
import { hashSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { AgencyDesk } from '../issuance/agency-desk.ts'
import { createFormTokens } from '../sign-in/form-token.ts'
import { localeOf, pageHeaders } from '../sign-in/page.ts'
import { consentPage, problemPage } from '../sign-in/pages.ts'
import type { ProblemPageCode } from '../sign-in/text.ts'
import { type Locale, SIGN_IN_CALLBACK, type SignIn, SignInError } from '../sign-in/types.ts'
import type { WalletTrust } from '../wallet-trust/types.ts'
import type { Asked } from './authorization-request.ts'
import type { createConsent } from './consent.ts'

type InteractionDeps = {
  provider: Provider
  desk: AgencyDesk
  signIn: SignIn
  walletTrust: Pick<WalletTrust, 'nameOf'>
  readRequest: (params: Record<string, unknown>) => Promise<Asked>
  consent: ReturnType<typeof createConsent>
}

/** How far a citizen has come, as the interaction keeps it. */
type Progress = {
  /** Sent to the sign-in provider; what its answer is held against. */
  signIn?: { kept: string }
  /** Came back from there. */
  signedIn?: { residentId: string }
}

const COOKIE_MS = 15 * 60 * 1000
const CALLBACK = SIGN_IN_CALLBACK.replace('/oauth', '')

/**
 * What stands between a wallet's authorization request and its answer: the citizen signs in, sees what would be issued by
 * whom into which wallet, and agrees. Every way it can end leads back to the wallet.
 */
export function interactionRoutes(
  { config, city, agent }: Pick<Context, 'config' | 'city' | 'agent'>,
  { provider, desk, signIn, walletTrust, readRequest, consent }: InteractionDeps,
): Router {
  const formTokens = createFormTokens(agent)
  const addressOf = ({ uid }: Interaction) => `${config.publicUrl}/oauth/interaction/${uid}`
  const callbackUrl = `${config.publicUrl}${SIGN_IN_CALLBACK}`
  const cookie: CookieOptions = {
    path: '/oauth/sign-in',
    httpOnly: true,
    sameSite: 'lax',
    secure: config.publicUrl.startsWith('https:'),
  }

  /** Of this browser, which the library's cookie proves. @throws SessionNotFound */
  const interactionOf: (...args: Parameters<RequestHandler>) => Promise<Interaction> = async (
    request,
    response,
  ) => {
    const interaction = await provider.interactionDetails(request, response)
    if (interaction.uid !== request.params['uid']) throw new errors.SessionNotFound('another interaction')
    return interaction
  }

  const localeFor = (request: Parameters<RequestHandler>[0], interaction?: Interaction): Locale =>
    localeOf({
      lang: request.query['lang'],
      uiLocales: interaction?.params['ui_locales'],
      acceptLanguage: request.get('accept-language'),
    })

  const progressOf = ({ result }: Interaction) => (result ?? {}) as Progress
  const save = async (interaction: Interaction, result: Record<string, unknown>) => {
    interaction.result = result
    await interaction.persist()
  }

  /** Says what went wrong; the way back tells the wallet, which reads the code at the beginning of the description. */
  const refuse = async (
    response: Response,
    interaction: Interaction,
    { code, locale, retry }: { code: ProblemPageCode; locale: Locale; retry: boolean },
  ) => {
    await save(interaction, { error: 'access_denied', error_description: `${code}: ${SAID[code]}` })
    const retryUrl = retry ? { retryUrl: `${addressOf(interaction)}?lang=${locale}` } : {}
    sendPage(
      response,
      403,
      problemPage({ locale, city: city.name[locale], code, returnUrl: interaction.returnTo, ...retryUrl }),
    )
  }

  /** Back to the wallet, by way of the authorization endpoint; this browser's part is over. */
  const leave = (response: Response, interaction: Interaction) => {
    const name = provider.cookieName('interaction')
    const { pathname: path } = new URL(addressOf(interaction))
    for (const each of [name, `${name}.sig`]) response.clearCookie(each, { ...cookie, path })
    response.redirect(303, interaction.returnTo)
  }

  const beginSignIn = async (response: Response, interaction: Interaction, locale: Locale) => {
    try {
      const { redirectTo, kept } = await signIn.begin({ callbackUrl, locale })
      await save(interaction, { signIn: { kept } } satisfies Progress)
      // Named for this one sign-in, so that two open tabs do not take each other's.
      response.cookie(cookieFor(new URL(redirectTo).searchParams.get('state')), interaction.uid, {
        ...cookie,
        maxAge: COOKIE_MS,
      })
      response.redirect(303, redirectTo)
    } catch (error) {
      if (!(error instanceof SignInError)) throw error
      await refuse(response, interaction, { code: error.code, locale, retry: true })
    }
  }

  const askConsent = async (response: Response, interaction: Interaction, locale: Locale) => {
    const { client_id: clientId, redirect_uri: redirectUri } = interaction.params
    const { wanted } = await readRequest(interaction.params)
    const credentials = await Promise.all(
      wanted.map(async ({ agencyId, typeId }) => {
        const { nameKo, nameEn } = await desk.find(agencyId)
        const type = city.types.get(typeId)
        const office = locale === 'ko' ? nameKo : nameEn
        return { name: type?.name[locale] ?? typeId, office, description: type?.description[locale] }
      }),
    )
    const page = consentPage({
      locale,
      city: city.name[locale],
      wallet: { name: walletTrust.nameOf(String(clientId))?.[locale], address: String(clientId) },
      credentials,
      actionUrl: `${addressOf(interaction)}?lang=${locale}`,
      formToken: formTokens.for(interaction.uid),
    })
    sendPage(response, 200, page, [String(redirectUri)])
  }

  const agree = async (response: Response, interaction: Interaction, locale: Locale, residentId: string) => {
    const { client_id: clientId, resource } = interaction.params
    try {
      const grantId = await consent({
        asked: await readRequest(interaction.params),
        residentId,
        clientId: String(clientId),
        resources: [resource].flat().map(String),
      })
      await save(interaction, { login: { accountId: residentId, remember: false }, consent: { grantId } })
      leave(response, interaction)
    } catch (error) {
      const code = pageCodeOf(error)
      if (!code) throw error
      await refuse(response, interaction, { code, locale, retry: false })
    }
  }

  const router = Router({ caseSensitive: true, strict: true })

  router.get('/interaction/:uid', async (request, response, next) => {
    const interaction = await interactionOf(request, response, next)
    const locale = localeFor(request, interaction)
    if (progressOf(interaction).signedIn) await askConsent(response, interaction, locale)
    else await beginSignIn(response, interaction, locale)
  })

  router.get(CALLBACK, async (request, response) => {
    const { state } = request.query
    const name = cookieFor(typeof state === 'string' ? state : null)
    const uid = cookieIn(request.headers.cookie, name)
    response.clearCookie(name, cookie)
    const interaction = uid === undefined ? undefined : await provider.Interaction.find(uid)
    const { signIn: begun } = interaction ? progressOf(interaction) : {}
    if (!interaction || !begun) throw new errors.SessionNotFound('no sign-in is under way in this browser')
    const locale = localeFor(request, interaction)
    // One answer for each attempt, whatever becomes of it.
    await save(interaction, {})
    try {
      const { residentId } = await signIn.finish(new URL(request.originalUrl, config.publicUrl), begun.kept)
      const { offer } = await readRequest(interaction.params)
      if (offer && offer.subjectId !== residentId)
        return await refuse(response, interaction, { code: 'other_person', locale, retry: true })
      await save(interaction, { signedIn: { residentId } } satisfies Progress)
      response.redirect(303, addressOf(interaction))
    } catch (error) {
      const code = pageCodeOf(error)
      if (!code) throw error
      await refuse(response, interaction, { code, locale, retry: code !== 'invalid_request' })
    }
  })

  const readForm = urlencoded({ extended: false, limit: 4096, inflate: false })
  router.post('/interaction/:uid', readForm, async (request, response, next) => {
    const interaction = await interactionOf(request, response, next)
    const locale = localeFor(request, interaction)
    const { signedIn } = progressOf(interaction)
    const { form_token: formToken, decision } = Object(request.body) as Record<string, unknown>
    if (!signedIn || !formTokens.matches(interaction.uid, formToken))
      throw new errors.SessionNotFound('this form is of another interaction')
    if (decision === 'keep') return await agree(response, interaction, locale, signedIn.residentId)
    await save(interaction, { error: 'access_denied', error_description: SAID_NO })
    leave(response, interaction)
  })
  return router
}

/** For developers of wallets; people read the page. Characters as in RFC 6749 section 4.1.2.1. */
const SAID: Record<ProblemPageCode, string> = {
  sign_in_unavailable: 'the sign-in provider does not answer',
  sign_in_failed: 'the sign-in did not succeed',
  sign_in_cancelled: 'the person turned back',
  not_in_register: 'the register knows no such person',
  expired: 'the offer was used or has expired',
  invalid_request: 'the request can not be used',
  issuer_suspended: 'the issuer may not issue at the moment',
  not_entitled: 'the register does not show what the credential requires',
  other_person: 'the offer is for another person',
  too_many_requests: 'the person has asked for too many credentials today',
  unavailable: 'something went wrong at the authorization server',
}
const SAID_NO = `sign_in_cancelled: ${SAID.sign_in_cancelled}`

/** What a page can say of a refusal; `undefined` for what is a fault of ours. */
function pageCodeOf(error: unknown): ProblemPageCode | undefined {
  if (error instanceof SignInError) return error.code
  // The offer was open when the wallet asked, or the agency accredited.
  if (error instanceof errors.OIDCProviderError) return 'expired'
  if (!(error instanceof Problem)) return undefined
  switch (error.code) {
    case 'not_entitled':
    case 'type_not_accredited':
    case 'unknown_type':
      return 'not_entitled'
    case 'issuer_suspended':
      return 'issuer_suspended'
    case 'unknown_subject':
      return 'not_in_register'
    case 'forbidden':
      return 'other_person'
    case 'offer_already_used':
      return 'expired'
    case 'too_many_requests':
      return 'too_many_requests'
    default:
      return undefined
  }
}

export function sendPage(response: Response, status: number, page: string, formTargets: string[] = []): void {
  response.status(status).set(pageHeaders({ formTargets })).send(page)
}

function cookieFor(state: string | null): string {
  return `pass_oauth_sign_in.${hashSecret(state ?? '').slice(0, 16)}`
}

function cookieIn(header: string | undefined, name: string): string | undefined {
  const [, value] =
    (header ?? '')
      .split(';')
      .map((pair) => pair.trim().split('='))
      .find(([key]) => key === name) ?? []
  return value !== undefined && /^[\w-]{20,64}$/.test(value) ? value : undefined
}
