/** Markup that is safe to send: made by `html` alone. */
export type Html = { markup: string }

type Part = Html | string | number | false | undefined | readonly (Html | false | undefined)[]

/** Builds markup. What is put in is text and gets escaped, unless `html` made it. `false` and `undefined` are nothing. */
export function html(literals: TemplateStringsArray, ...parts: Part[]): Html {
  return { markup: literals.reduce((text, literal, i) => text + written(parts[i - 1]) + literal) }
}

function written(part: Part): string {
  if (part === undefined || part === false) return ''
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return 'markup' in part ? part.markup : part.map(written).join('')
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For text and for attributes in quotes. Control characters, which no name needs, are left out. */
function escaped(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
