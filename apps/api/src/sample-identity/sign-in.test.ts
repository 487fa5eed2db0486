import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from '../sign-in/testing/browser.ts'
import { CALLBACK, startSampleCity } from './testing/sample-city.ts'

const refusal = (code: string) => expect.objectContaining({ name: 'SignInError', code })

describe('a citizen who signs in at the sample provider', () => {
  let city: Awaited<ReturnType<typeof startSampleCity>>
  beforeAll(async () => {
    city = await startSampleCity(['홍길동', '홍길동', '김하늘'])
  })
  afterAll(() => city.close())

  /** As far as the login page. */
  async function begin(locale: 'ko' | 'en' = 'ko') {
    const { redirectTo, kept } = await city.signIn.begin({ callbackUrl: CALLBACK, locale })
    const browser = city.browser()
    return { browser, kept, page: await browser.open(redirectTo) }
  }
  const answer = async ({ browser, page }: Awaited<ReturnType<typeof begin>>, form: Record<string, string>) =>
    browser.open(page.url.href, form)
  async function signInAs(residentId: string) {
    const begun = await begin()
    const back = await answer(begun, { act: 'confirm', person: await city.numberOf(residentId) })
    return { back: back.url, kept: begun.kept, browser: begun.browser }
  }

  it('is found in the register by identifier, of two with the same name the right one', async () => {
    for (const residentId of city.residents) {
      const { back, kept } = await signInAs(residentId)
      expect(await city.signIn.finish(back, kept)).toEqual({ residentId })
    }
  })

  it('is signed in anew each time, in the same browser too', async () => {
    const { browser } = await signInAs(city.residents[0] ?? '')
    const { redirectTo } = await city.signIn.begin({ callbackUrl: CALLBACK, locale: 'ko' })
    const page = await browser.open(redirectTo)
    expect([page.url.origin, page.status]).toEqual([city.issuer, 200])
    expect(page.html).toContain('누구로 본인 확인을 할까요?')
  })

  it('may turn back', async () => {
    const begun = await begin()
    const { url } = await answer(begun, { act: 'cancel' })
    expect(url.searchParams.get('error')).toBe('access_denied')
    await expect(city.signIn.finish(url, begun.kept)).rejects.toThrow(refusal('sign_in_cancelled'))
  })

  it('is not signed in with a state that was tampered with', async () => {
    const { back, kept } = await signInAs(city.residents[0] ?? '')
    back.searchParams.set('state', 'x'.repeat(43))
    await expect(city.signIn.finish(back, kept)).rejects.toThrow(refusal('sign_in_failed'))
  })

  it('is not signed in twice by one return', async () => {
    const { back, kept } = await signInAs(city.residents[0] ?? '')
    await city.signIn.finish(back, kept)
    await expect(city.signIn.finish(back, kept)).rejects.toThrow(refusal('sign_in_failed'))
  })

  it('is not signed in by what somebody else brought back', async () => {
    const mine = await begin()
    const theirs = await signInAs(city.residents[1] ?? '')
    await expect(city.signIn.finish(theirs.back, mine.kept)).rejects.toThrow(refusal('sign_in_failed'))
    // With the state put right, the code still belongs to their PKCE verifier.
    theirs.back.searchParams.set('state', JSON.parse(mine.kept).state)
    await expect(city.signIn.finish(theirs.back, mine.kept)).rejects.toThrow(refusal('sign_in_failed'))
  })

  it('is told apart from one who is not in the register', async () => {
    const [, , third = ''] = city.residents
    const { back, kept } = await signInAs(third)
    const before = await city.db.prisma.resident.update({ where: { id: third }, data: { identityMac: null } })
    await expect(city.signIn.finish(back, kept)).rejects.toThrow(refusal('not_in_register'))
    // Not even one of the same name, born on the same day.
    expect(before.nameKo).toBe('김하늘')
    await city.enrol()
  })

  it('is told when the provider does not answer, and can sign in as soon as it does', async () => {
    await city.down()
    const fresh = city.cityWith(city.settings).signIn
    await expect(fresh.begin({ callbackUrl: CALLBACK, locale: 'ko' })).rejects.toThrow(
      refusal('sign_in_unavailable'),
    )
    await city.up()
    await fresh.begin({ callbackUrl: CALLBACK, locale: 'ko' })

    const { back, kept } = await signInAs(city.residents[0] ?? '')
    await city.down()
    await expect(city.signIn.finish(back, kept)).rejects.toThrow(refusal('sign_in_unavailable'))
    await city.up()
    expect(await city.signIn.finish(back, kept)).toEqual({ residentId: city.residents[0] })
  })

  describe('on the login page', () => {
    const picks = ({ html }: Page) =>
      [...html.matchAll(/name="person" value="([^"]+)"/g)].map(([, number]) => number)

    it('reads first that it is an example, in the language of the request, and can change that', async () => {
      const begun = await begin('en')
      expect(begun.page.html).toMatch(/<html lang="en">/)
      expect(begun.page.html).toContain('It checks no real identity.')
      const korean = await begun.browser.open(new URL('?lang=ko', begun.page.url).href)
      expect(korean.html).toMatch(/<html lang="ko">/)
      expect(korean.html).toContain('실제 신분을 확인하지 않아요.')
    })

    it('finds people by the beginning of a name and by number, and nobody else', async () => {
      const begun = await begin()
      const number = await city.numberOf(city.residents[1] ?? '')
      expect(picks(await answer(begun, { act: 'search', query: '홍길' }))).toHaveLength(2)
      const one = await answer(begun, { act: 'search', query: number.toLowerCase() })
      expect(picks(one)).toEqual([number])
      expect(one.html).toMatch(/ checked>/)
      const none = await answer(begun, { act: 'search', query: '<script>' })
      expect(picks(none)).toEqual([])
      expect(none.html).toContain('value="&lt;script&gt;"')
    })

    it.each([
      {},
      { act: 'confirm' },
      { act: 'confirm', person: 'IC-9999999' },
      { act: 'other', person: 'x' },
    ])('signs nobody in with %j', async (form) => {
      const begun = await begin()
      const page = await answer(begun, form as Record<string, string>)
      expect([page.status, page.url.origin]).toEqual([200, city.issuer])
    })

    it('has no address that names anybody', async () => {
      const begun = await begin()
      const found = await answer(begun, { act: 'search', query: '김하늘' })
      expect(found.url.search).toBe('')
      const { back } = await signInAs(city.residents[2] ?? '')
      expect(back.href).not.toContain(await city.numberOf(city.residents[2] ?? ''))
    })

    it('is lost without its cookie, and says so', async () => {
      const { page } = await begin()
      const stranger = await city.browser().open(page.url.href)
      expect(stranger.status).toBe(400)
      expect(stranger.html).toContain('진행 중인 본인 확인이 없어요')
      const posted = await city
        .browser()
        .open(page.url.href, { act: 'confirm', person: city.people()[0]?.number ?? '' })
      expect(posted.status).toBe(400)
    })
  })

  it('caused no fault of the provider', () => {
    expect(city.failures).toEqual([])
  })
})
