import { html } from './html.ts'
import { page } from './page.ts'
import { CONSENT_WORDS, PROBLEM_WORDS, type ProblemPageCode, WAYS_ON } from './text.ts'
import type { Locale } from './types.ts'

export type ConsentPage = {
  locale: Locale
  /** The city's name, in the page's language. */
  city: string
  wallet: {
    /** As a trusted wallet provider names it. Absent: the page shows the address, with a caution. */
    name?: string | undefined
    /** Its client id, or the origin of its redirect URI. */
    address: string
  }
  /** What would be issued; `office` is the agency's name. All in the page's language. */
  credentials: readonly { name: string; office: string; description?: string | undefined }[]
  /** Where the form goes by POST, with `form_token`, and `decision` = "keep" or "stop". */
  actionUrl: string
  /** See form-token.ts. */
  formToken: string
}

export type ProblemPage = {
  locale: Locale
  city: string
  code: ProblemPageCode
  /** Back to the wallet, usually with `error=access_denied`. A link, so an app's own scheme is fine. */
  returnUrl?: string | undefined
  /** Signs in again. */
  retryUrl?: string | undefined
  /** The same page in the other language, where its address can be asked for again. */
  otherLanguageUrl?: string | undefined
}

/** Asks which credential goes where. To be sent with `pageHeaders({ formTargets: [redirectUri] })`. */
export function consentPage({
  locale,
  city,
  wallet,
  credentials,
  actionUrl,
  formToken,
}: ConsentPage): string {
  const words = CONSENT_WORDS[locale]
  const cards = credentials.map(
    ({ name, office, description }) => html`
<section class="ui-panel">
<h2>${name}</h2>
${description !== undefined && html`<p>${description}</p>`}
<dl class="ui-list">
<div><dt>${words.office}</dt><dd>${office}</dd></div>
<div><dt>${words.wallet}</dt><dd><bdi>${wallet.name ?? wallet.address}</bdi></dd></div>
</dl>
</section>`,
  )
  const caution = html`
<div class="ui-notice ui-tone-warning">
<div class="ui-notice-body">
<p class="ui-notice-title">${words.unknownWallet}</p>
<p>${words.unknownWalletNext}</p>
</div>
</div>`
  return page({
    locale,
    name: city,
    title: words.title,
    otherLanguageUrl: `?lang=${locale === 'ko' ? 'en' : 'ko'}`,
    body: html`
<p class="ui-lead">${words.lead}</p>
${cards}
${wallet.name === undefined && caution}
<form class="page-actions" method="post" action="${actionUrl}">
<input type="hidden" name="form_token" value="${formToken}">
<button class="ui-button ui-button-primary ui-button-wide" name="decision" value="keep">${words.keep}</button>
<button class="ui-button ui-button-secondary ui-button-wide" name="decision" value="stop">${words.stop}</button>
</form>
<p>${words.ifStopped}</p>`,
  })
}

/** Why nothing was issued, and what to do next. To be sent with `pageHeaders()`. */
export function problemPage({
  locale,
  city,
  code,
  returnUrl,
  retryUrl,
  otherLanguageUrl,
}: ProblemPage): string {
  const { title, what, next } = PROBLEM_WORDS[locale][code]
  const ways = WAYS_ON[locale]
  const retry =
    retryUrl !== undefined &&
    html`<a class="ui-button ui-button-primary ui-button-wide" href="${retryUrl}">${ways.retry}</a>`
  const back =
    returnUrl !== undefined &&
    html`<a class="ui-button ui-button-${retry === false ? 'primary' : 'secondary'} ui-button-wide" href="${returnUrl}">${ways.back}</a>`
  return page({
    locale,
    name: city,
    title,
    otherLanguageUrl,
    body: html`
<p class="ui-lead">${what}</p>
<p>${next}</p>
${(retry !== false || back !== false) && html`<div class="page-actions">${retry}${back}</div>`}
${back === false && html`<p>${ways.openWallet}</p>`}`,
  })
}
