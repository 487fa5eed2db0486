/** A browser without a screen: follows redirects, keeps cookies by host and path as RFC 6265 has them, reads forms. */
export type Browser = {
  open(url: string, form?: Record<string, string>): Promise<Page>
  /** Asks for pages in this language from now on. */
  language: string
}

export type Page = { url: URL; status: number; headers: Headers; html: string }

type Cookie = { name: string; value: string; host: string; path: string }

/** @param stopAt an address at which to stop instead of fetching it: where a test takes over */
export function createBrowser(stopAt: (url: URL) => boolean): Browser {
  let cookies: Cookie[] = []

  const keep = (url: URL, headers: Headers) => {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
      const at = pair.indexOf('=')
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
      const attribute = (wanted: string) =>
        attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
      const path = attribute('path') ?? '/'
      // Cookies know no ports: only the host counts.
      cookies = cookies.filter((c) => !(c.name === name && c.host === url.hostname && c.path === path))
      const expires = attribute('expires')
      if (expires === undefined || Date.parse(expires) > Date.now())
        cookies.push({ name, value, host: url.hostname, path })
    }
  }
  const cookiesFor = (url: URL) =>
    cookies
      .filter(({ host, path }) => host === url.hostname && url.pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')

  const browser: Browser = {
    language: 'ko',
    open: async (address, form) => {
      let url = new URL(address)
      let body = form && new URLSearchParams(form)
      for (let hops = 0; hops < 15; hops++) {
        if (stopAt(url)) return { url, status: 0, headers: new Headers(), html: '' }
        const response = await fetch(url, {
          method: body ? 'POST' : 'GET',
          redirect: 'manual',
          headers: { cookie: cookiesFor(url), 'accept-language': browser.language, accept: 'text/html' },
          ...(body ? { body } : {}),
        })
        keep(url, response.headers)
        const location = response.headers.get('location')
        const html = await response.text()
        if (response.status < 300 || response.status > 399 || location === null)
          return { url, status: response.status, headers: response.headers, html }
        url = new URL(location, url)
        body = undefined
      }
      throw new Error('Too many redirects.')
    },
  }
  return browser
}
