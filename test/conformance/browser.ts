import { type Answer, send } from './http.ts'

/** A citizen at the sign-in pages, by plain HTTP: cookies, redirects and forms, no script. */
export type Visit = {
  /** Register number to sign in with; the first person offered unless told. */
  person?: string
  /** At the sign-in provider. */
  signIn?: 'confirm' | 'cancel'
  /** At the city's consent page. */
  decision?: 'keep' | 'stop'
  /** Stops at the first page with a form and leaves it. */
  look?: boolean
}

/** Where a visit ended: back at the wallet, or at a page that asks for nothing more; and the last page seen on the way. */
export type End = { returned?: URL; page?: Answer }

type Cookie = { host: string; path: string; name: string; value: string }

export function createBrowser() {
  const jar: Cookie[] = []

  async function go(url: string, form?: Record<string, string>): Promise<Answer> {
    const { hostname, pathname } = new URL(url)
    const cookie = jar
      .filter(({ host, path }) => host === hostname && pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
    const answer = await send(url, { headers: cookie === '' ? {} : { cookie }, ...(form ? { form } : {}) })
    for (const line of answer.headers.getSetCookie()) keep(line, hostname)
    return answer
  }

  function keep(line: string, host: string) {
    const [pair = '', ...attributes] = line.split(/;\s*/)
    const [name = '', value = ''] = pair.split('=')
    const attribute = (wanted: string) =>
      attributes.find((text) => text.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
    const path = attribute('path') ?? '/'
    const at = jar.findIndex((known) => known.host === host && known.path === path && known.name === name)
    if (at >= 0) jar.splice(at, 1)
    const expires = attribute('expires')
    if (value !== '' && !(expires && Date.parse(expires) <= Date.now())) jar.push({ host, path, name, value })
  }

  /** Opens an address and does what a person would, until the browser is sent to `redirectUri` or nothing is left to do. */
  async function visit(start: string, redirectUri: string, options: Visit = {}): Promise<End> {
    let url = start
    let answer = await go(url)
    let page: Answer | undefined
    for (let steps = 0; steps < 25; steps++) {
      const location = answer.headers.get('location')
      if (location) {
        const next = new URL(location, url).toString()
        if (next.startsWith(redirectUri)) return { returned: new URL(next), ...(page ? { page } : {}) }
        url = next
        answer = await go(url)
        continue
      }
      page = answer
      const filled = options.look ? undefined : fill(answer.text, options)
      const back = options.look ? undefined : wayBack(answer.text)
      if (!filled && back) {
        url = new URL(back, url).toString()
        answer = await go(url)
        continue
      }
      if (!filled) return { page }
      const action = filled.action === undefined ? url : new URL(filled.action, url).toString()
      answer = await go(action, filled.values)
      url = action
    }
    throw new Error(`the browser is sent in circles: ${url}`)
  }

  return { visit }
}

/** The link to the wallet on a page that says why nothing was issued. */
function wayBack(page: string): string | undefined {
  return /href="([^"]*\/oauth\/authorize\/[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
}

/** What a person would put into the form of a page that this test knows. */
function fill(page: string, { person, signIn = 'confirm', decision = 'keep' }: Visit) {
  const forms = page.match(/<form[\s\S]*?<\/form>/g) ?? []
  const login = forms.find((form) => form.includes('value="cancel"'))
  if (login) {
    const [, first = ''] = /name="person" value="([^"]*)"/.exec(login) ?? []
    return { values: { act: signIn, person: person ?? first } }
  }
  const consent = forms.find((form) => form.includes('name="decision"'))
  if (!consent) return undefined
  const [, action] = /action="([^"]*)"/.exec(consent) ?? []
  const [, token = ''] = /name="form_token" value="([^"]*)"/.exec(consent) ?? []
  return { action: action?.replaceAll('&amp;', '&'), values: { form_token: token, decision } }
}
