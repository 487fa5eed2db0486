import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Html, html } from './html.ts'
import type { Locale } from './types.ts'

const STYLES = join(import.meta.dirname, '..', '..', '..', '..', 'packages', 'ui', 'src', 'styles')
const OWN = `
.page-actions { display: flex; flex-direction: column; gap: var(--space-3); margin: 0; }
.page-choice { width: 100%; text-align: start; }
bdi, dd, .ui-check span { overflow-wrap: anywhere; }
`

/** The look of the wallet: the same tokens and classes, sent inside the page so that it loads nothing else. */
const STYLE = [
  ...['tokens', 'base', 'page', 'controls', 'feedback'].map((name) =>
    readFileSync(join(STYLES, `${name}.css`), 'utf8'),
  ),
  OWN,
].join('')
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

export type PageParts = {
  locale: Locale
  /** Whose page it is, in the header and after the title. */
  name: string
  title: string
  body: Html
  /** The same page in the other language. Absent: there is no switch, because the address cannot be asked for again. */
  otherLanguageUrl?: string | undefined
}

const OTHER = { ko: { lang: 'en', label: 'English' }, en: { lang: 'ko', label: '한국어' } } as const

/** A whole page: no script, nothing loaded, one heading, everything within landmarks. */
export function page({ locale, name, title, body, otherLanguageUrl }: PageParts): string {
  const other = OTHER[locale]
  const document = html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${name}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<header class="ui-header">
<span class="ui-header-name">${name}</span>
${
  otherLanguageUrl !== undefined &&
  html`<a class="ui-button ui-button-text" href="${otherLanguageUrl}" lang="${other.lang}" hreflang="${other.lang}">${other.label}</a>`
}
</header>
<main class="ui-page ui-page-narrow">
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`
  return document.markup
}

export type PageHeaderOptions = {
  /**
   * Where answering a form on the page leads in the end, beyond this origin: browsers apply `form-action` to the
   * redirects that follow as well. "anywhere" for a page that cannot know.
   */
  formTargets?: readonly string[] | 'anywhere'
}

/** Headers of a page: they take the place of the app's own policy, which allows scripts. */
export function pageHeaders({ formTargets = [] }: PageHeaderOptions = {}): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    ...(formTargets === 'anywhere' ? [] : [`form-action ${["'self'", ...sourcesOf(formTargets)].join(' ')}`]),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  }
}

/** An origin, or the scheme of an app's own; both as the URL parser writes them, so nothing else gets into the policy. */
function sourcesOf(targets: readonly string[]): string[] {
  return targets.flatMap((target) => {
    if (!URL.canParse(target)) return []
    const { protocol, origin } = new URL(target)
    return [/^https?:$/.test(protocol) ? origin : protocol]
  })
}

/**
 * The language of a page: the reader's choice (`?lang=`), else what the client asked for (`ui_locales`, OpenID Connect
 * Core section 3.1.2.1), else what the browser prefers; Korean where nothing speaks for English.
 */
export function localeOf(asked: {
  lang?: unknown
  uiLocales?: unknown
  acceptLanguage?: string | undefined
}): Locale {
  const { lang, uiLocales, acceptLanguage = '' } = asked
  const wishes = [
    typeof lang === 'string' ? lang : '',
    ...(typeof uiLocales === 'string' ? uiLocales.split(' ') : []),
    ...preferred(acceptLanguage),
  ]
  for (const wish of wishes) {
    const [primary] = wish.toLowerCase().split('-')
    if (primary === 'ko' || primary === 'en') return primary
  }
  return 'ko'
}

/** Languages of an Accept-Language header, the most wanted first (RFC 9110 section 12.5.4). */
function preferred(header: string): string[] {
  return header
    .slice(0, 1000)
    .split(',')
    .map((item) => {
      const [range = '', ...parameters] = item.split(';').map((part) => part.trim())
      const q = parameters.find((parameter) => /^q=/i.test(parameter))
      return { range, weight: q === undefined ? 1 : Number(q.slice(2)) || 0 }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ range }) => range)
}
