/** A link somewhere in a text: what a camera reads, what a browser opened, what someone pasted out of a message. */
const LINK =
  /(?:openid-credential-offer|openid4vp|haip-vci|haip-vp|haip|eudi-openid4vp|mdoc-openid4vp|https?):\/\/\S+/i

/** Characters that text picks up on its way and that no link contains: zero-width ones and the byte order mark. */
const INVISIBLE = /[\u200B-\u200D\u2060\uFEFF]/g

/**
 * Finds the parameters of an offer or of a request in a text, whatever form it came in: the protocol's own scheme,
 * the wallet's address with the parameters in the fragment or in the query, a bare query, broken over lines.
 *
 * @param names parameters of which one must be there
 * @returns the parameters, or undefined when the text holds none of the names
 */
export function parametersIn(text: string, names: readonly string[]): URLSearchParams | undefined {
  const clean = text.replace(INVISIBLE, '').trim()
  // A text that is one link has no spaces of its own: those in it come from where a line was broken.
  const joined = clean.replace(/\s+/g, '')
  const candidates = [
    LINK.exec(joined)?.index === 0 ? joined : LINK.exec(clean)?.[0],
    /^[?#]?[a-z_]+=/.test(joined) ? joined.replace(/^[?#]/, '?') : undefined,
  ]
  for (const candidate of candidates) {
    if (candidate === undefined) continue
    for (const part of partsOf(candidate)) {
      const parameters = new URLSearchParams(part)
      if (names.some((name) => parameters.has(name))) return parameters
    }
  }
  return undefined
}

/** The fragment first: the wallet's own links keep their parameters there, where no server sees them. */
function partsOf(link: string): string[] {
  if (link.startsWith('?')) return [link]
  const [beforeHash = '', fragment = ''] = splitOnce(link, '#')
  const [, query = ''] = splitOnce(beforeHash, '?')
  return [fragment.replace(/^\?/, ''), query]
}

function splitOnce(text: string, at: string): [string, string?] {
  const index = text.indexOf(at)
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)]
}
