import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createFormTokens } from './form-token.ts'
import { localeOf, pageHeaders } from './page.ts'
import { type ConsentPage, consentPage, problemPage } from './pages.ts'
import { CONSENT_WORDS, PROBLEM_WORDS, type ProblemPageCode } from './text.ts'

const asked: ConsentPage = {
  locale: 'ko',
  city: '인천광역시',
  wallet: { name: '다른 지갑', address: 'https://wallet.example' },
  credentials: [{ name: '인천 시민증', office: '시민과', description: '시민임을 보여요.' }],
  actionUrl: '/oauth/interaction/abc/consent',
  formToken: 'f0',
}
const EVIL = `"><script>alert('1')</script><b x='&amp;`
const CODES = Object.keys(PROBLEM_WORDS.ko) as ProblemPageCode[]

describe('the consent page', () => {
  it('says which credential of which office goes into which wallet', () => {
    const page = consentPage(asked)
    for (const text of ['인천 시민증', '시민과', '다른 지갑', '시민임을 보여요.', '담기', '그만두기'])
      expect(page).toContain(text)
    expect(page).not.toContain(CONSENT_WORDS.ko.unknownWallet)
  })

  it('shows the address of a wallet that nobody vouches for by name, with a caution', () => {
    const page = consentPage({ ...asked, wallet: { address: 'https://wallet.example' } })
    expect(page).toContain('<bdi>https://wallet.example</bdi>')
    expect(page).toContain(CONSENT_WORDS.ko.unknownWallet)
  })

  it('answers by POST, for its own interaction, with one of two words', () => {
    const page = consentPage(asked)
    expect(page).toContain(
      '<form class="page-actions" method="post" action="/oauth/interaction/abc/consent">',
    )
    expect(page).toContain('<input type="hidden" name="form_token" value="f0">')
    expect([...page.matchAll(/name="decision" value="(\w+)"/g)].map(([, value]) => value)).toEqual([
      'keep',
      'stop',
    ])
  })

  it('takes whatever it is given for text', () => {
    const page = consentPage({
      ...asked,
      city: EVIL,
      wallet: { name: EVIL, address: EVIL },
      credentials: [{ name: EVIL, office: EVIL, description: EVIL }],
      actionUrl: EVIL,
      formToken: EVIL,
    })
    expect(page).not.toMatch(/<script|<b x/)
    expect(
      page.split('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&lt;b x=&#39;&amp;amp;'),
    ).toHaveLength(9)
    expect(consentPage({ ...asked, wallet: { address: 'a\u0000b\u001b[2Jc' } })).toContain(
      '<bdi>a b [2Jc</bdi>',
    )
  })

  it('lets a name that is written backwards turn nothing else around', () => {
    const page = consentPage({ ...asked, wallet: { name: '\u202etellaw', address: 'x' } })
    expect(page).toContain('<bdi>\u202etellaw</bdi>')
  })
})

describe('every page', () => {
  const pages = (locale: 'ko' | 'en') => [
    consentPage({ ...asked, locale }),
    consentPage({ ...asked, locale, wallet: { address: 'x' } }),
    ...CODES.map((code) =>
      problemPage({ locale, city: 'City', code, returnUrl: 'wallet://back', retryUrl: '/again' }),
    ),
    ...CODES.map((code) => problemPage({ locale, city: 'City', code })),
  ]

  it.each(['ko', 'en'] as const)('in %s says its language, and all of it is in that language', (locale) => {
    for (const page of pages(locale)) {
      expect(page).toMatch(new RegExp(`^<!doctype html>\\n<html lang="${locale}">`))
      expect(page.match(/<h1>/g)).toHaveLength(1)
      expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
      const text = page.replace(/<style>.*?<\/style>/s, '').replaceAll(/<a class[^>]* lang=.*?<\/a>/gs, '')
      if (locale === 'en')
        expect(text.replaceAll(/인천 시민증|시민과|시민임을 보여요.|다른 지갑|인천광역시/g, '')).not.toMatch(
          /[가-힣]/,
        )
      // KWCAG: no chain or protocol words on a citizen's page.
      expect(text.replaceAll(/<[^>]*>/g, '')).not.toMatch(/토큰|블록체인|DID|VC|token/)
    }
  })

  it('has no script and no style beside the one that its policy names', () => {
    for (const page of pages('ko')) {
      expect(page).not.toMatch(/<script|<link|<img|\sstyle="|\son\w+="|javascript:|@import|url\(/)
      const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? []
      const hash = createHash('sha256').update(style).digest('base64')
      expect(pageHeaders()['Content-Security-Policy']).toContain(`style-src 'sha256-${hash}'`)
    }
  })

  it('lets its form lead to itself and to where it is told, and nowhere else', () => {
    const policy = (formTargets: string[]) => pageHeaders({ formTargets })['Content-Security-Policy']
    expect(policy([])).toContain("; form-action 'self'; ")
    expect(policy(['https://wallet.example/return?x=1'])).toContain(
      "form-action 'self' https://wallet.example; ",
    )
    expect(policy(['kr.wallet.app:/return'])).toContain("form-action 'self' kr.wallet.app:; ")
    expect(policy(['nonsense', "https://a.example/; script-src 'unsafe-inline'"])).not.toContain('script-src')
    expect(pageHeaders()).toMatchObject({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' })
  })
})

describe('a problem page', () => {
  it.each(CODES)('for %s says what happened, that nothing was issued, and what to do', (code) => {
    for (const locale of ['ko', 'en'] as const) {
      const { title, what, next } = PROBLEM_WORDS[locale][code]
      const page = problemPage({ locale, city: 'City', code })
      for (const text of [title, what, next]) expect(page).toContain(text)
      expect(what).toMatch(/아무것도 발급되|Nothing was issued/)
    }
  })

  it('leads back to the wallet where there is a way, and says how where there is none', () => {
    const returnUrl = 'kr.wallet.app:/return?error=access_denied&state="x"'
    const page = problemPage({ locale: 'ko', city: 'City', code: 'not_in_register', returnUrl })
    expect(page).toContain('href="kr.wallet.app:/return?error=access_denied&amp;state=&quot;x&quot;"')
    expect(problemPage({ locale: 'ko', city: 'City', code: 'expired' })).toContain('이 화면을 닫고')
  })
})

describe('the language of a page', () => {
  it.each([
    [{}, 'ko'],
    [{ acceptLanguage: 'en-GB,en;q=0.9,ko;q=0.8' }, 'en'],
    [{ acceptLanguage: 'ko-KR,ko;q=0.9,en;q=0.8' }, 'ko'],
    [{ acceptLanguage: 'en;q=0.5,ko;q=0.7' }, 'ko'],
    [{ acceptLanguage: 'ko;q=0, en;q=0.1' }, 'en'],
    [{ acceptLanguage: 'vi-VN,vi;q=0.9' }, 'ko'],
    [{ acceptLanguage: 'vi,en;q=0.4' }, 'en'],
    [{ uiLocales: 'fr en', acceptLanguage: 'ko' }, 'en'],
    [{ lang: 'ko', uiLocales: 'en', acceptLanguage: 'en' }, 'ko'],
    [{ lang: ['en', 'ko'], acceptLanguage: ',;q=,' }, 'ko'],
  ] as const)('for %j is %s', (wishes, locale) => {
    expect(localeOf(wishes)).toBe(locale)
  })
})

describe('a form token', () => {
  const mac = (purpose: string, data: string) =>
    createHmac('sha256', 'k').update(`${purpose}:${data}`).digest('hex')
  const tokens = createFormTokens({ mac })

  it('answers for its own interaction alone', () => {
    expect(tokens.matches('one', tokens.for('one'))).toBe(true)
    for (const given of [tokens.for('two'), '', undefined, [tokens.for('one')], `${tokens.for('one')} `])
      expect(tokens.matches('one', given)).toBe(false)
  })
})
