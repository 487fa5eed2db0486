/** What a browser shows at the end of its redirects, or where it would leave this origin for. */
export type Shown = { url: string; status: number; headers: Headers; text: string; leaves?: string }

type Cookie = { name: string; value: string; path: string; attributes: string }

export type TestBrowser = {
  open(url: string, init?: RequestInit): Promise<Shown>
  reach(address: string): void
  cookies(): Cookie[]
  twin(): TestBrowser
  take(given: Cookie[]): void
  submit(page: Shown, button: Record<string, string>, changes?: Record<string, string>): Promise<Shown>
}

/** A browser without scripts: cookies by path, redirects on one origin, forms. */
export function createBrowser(origin: string): TestBrowser {
  const cookies = new Map<string, Cookie>()
  let behind = origin

  const keep = (headers: Headers) => {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
      const [name = '', value = ''] = pair.split('=')
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/'
      const gone =
        attributes.some((attribute) => /^expires=Thu, 01 Jan 1970/i.test(attribute)) || value === ''
      if (gone) cookies.delete(`${path} ${name}`)
      else cookies.set(`${path} ${name}`, { name, value, path, attributes: attributes.join('; ') })
    }
  }
  const cookiesFor = (path: string) =>
    [...cookies.values()]
      .filter((cookie) => path === cookie.path || path.startsWith(`${cookie.path.replace(/\/$/, '')}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')

  const open = async (url: string, init: RequestInit = {}): Promise<Shown> => {
    const response = await fetch(url.replace(origin, behind), {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: cookiesFor(new URL(url).pathname), ...init.headers },
    })
    keep(response.headers)
    const location = response.headers.get('location')
    const shown = { url, status: response.status, headers: response.headers, text: await response.text() }
    if (location === null) return shown
    const next = new URL(location, url).href
    return next.startsWith(`${origin}/`) ? open(next) : { ...shown, leaves: next }
  }

  return {
    open,
    /** From now on another process answers at the same addresses. */
    reach: (address: string) => {
      behind = address
    },
    cookies: () => [...cookies.values()],
    /** Somebody who has all of this browser's cookies. */
    twin: () => {
      const twin = createBrowser(origin)
      twin.take([...cookies.values()])
      return twin
    },
    take: (given: Cookie[]) => {
      for (const cookie of given) cookies.set(`${cookie.path} ${cookie.name}`, cookie)
    },
    /** Answers the page's form as if this button was pressed. */
    submit: (page: Shown, button: Record<string, string>, changes: Record<string, string> = {}) => {
      const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(page.text) ?? []
      const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
      const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]))
      return open(new URL(action.replaceAll('&amp;', '&'), page.url).href, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ ...fields, ...button, ...changes }).toString(),
      })
    },
  }
}
