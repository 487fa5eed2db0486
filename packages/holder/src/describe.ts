import { z } from 'zod'
import { addressOf, LARGEST, type Reach } from './reach.ts'
import type { CardDisplay, ClaimLabel, ClaimPath, Localized } from './types.ts'

/**
 * Names and colours come from two places with like shapes: the type metadata at `vct` (SD-JWT VC section 6) and the
 * issuer's own metadata (OpenID4VCI 1.0 section 12.2.4, and before its final version without `credential_metadata`).
 */
const wording = z.looseObject({
  locale: z.string().optional(),
  lang: z.string().optional(),
  name: z.string().optional(),
  label: z.string().optional(),
  description: z.string().optional(),
})
const display = wording.extend({
  background_color: z.string().optional(),
  text_color: z.string().optional(),
  rendering: z
    .looseObject({
      simple: z
        .looseObject({ background_color: z.string().optional(), text_color: z.string().optional() })
        .optional(),
    })
    .optional(),
})
const claim = z.looseObject({
  path: z.array(z.union([z.string(), z.number(), z.null()])),
  display: z.array(wording).optional(),
})
const description = z.looseObject({
  display: z.array(display).optional().catch(undefined),
  claims: z.array(claim).optional().catch(undefined),
})

/** What is known of a credential type, ready to be shown. */
export type TypeDescription = { card: CardDisplay; claims: ClaimLabel[] }

/**
 * Describes a credential type, from its type metadata first and from the issuer's configuration second.
 *
 * @param sources descriptions, best first; anything malformed in them is passed over
 * @param fallbackName when no source has a name
 */
export function describeType(sources: unknown[], fallbackName: string): TypeDescription {
  const known = sources.flatMap((source) => {
    const parsed = description.safeParse(source)
    return parsed.success ? [parsed.data] : []
  })
  const displays = known.find(({ display }) => display?.length)?.display ?? []
  const claims = known.find(({ claims }) => claims?.length)?.claims ?? []
  const first = displays[0]
  const background = colour(first?.background_color ?? first?.rendering?.simple?.background_color)
  const text = colour(first?.text_color ?? first?.rendering?.simple?.text_color)
  const about = localize(displays, (entry) => entry.description)
  return {
    card: {
      name: localize(displays, (entry) => entry.name) ?? { ko: fallbackName, en: fallbackName },
      ...(about ? { description: about } : {}),
      ...(background ? { background } : {}),
      ...(text ? { text } : {}),
    },
    claims: claims.map(({ path, display = [] }) => ({
      path,
      label: localize(display, (entry) => entry.label ?? entry.name) ?? labelOfPath(path),
    })),
  }
}

/** A label for a claim that nobody described: its own name. */
export function labelOfPath(path: ClaimPath): Localized {
  const name = path.filter((part) => part !== null).join(' ')
  return { ko: name, en: name }
}

/** Picks the Korean and the English of texts that carry a locale; either stands in for a missing other. */
export function localize<T extends { locale?: string | undefined; lang?: string | undefined }>(
  entries: readonly T[],
  text: (entry: T) => string | undefined,
): Localized | undefined {
  const inLanguage = (language: string) =>
    entries.find((entry) => (entry.locale ?? entry.lang)?.toLowerCase().startsWith(language) && text(entry))
  const any = entries.find((entry) => text(entry))
  const [ko, en] = [inLanguage('ko'), inLanguage('en')].map((entry) => (entry ? text(entry) : undefined))
  const fallback = en ?? (any ? text(any) : undefined)
  if (fallback === undefined) return undefined
  return { ko: ko ?? fallback, en: en ?? fallback }
}

/** Fetches the type metadata of a `vct` that is an address. Best effort: a card without it is plain but works. */
export async function fetchTypeMetadata(vct: string, reach: Reach, allowInsecure: boolean): Promise<unknown> {
  try {
    const response = await reach(
      addressOf(vct, allowInsecure),
      { headers: { accept: 'application/json' } },
      LARGEST.metadata,
    )
    return response.ok ? await response.json() : undefined
  } catch {
    return undefined
  }
}

/** Only plain colours: the value ends up in a style sheet. */
function colour(value: string | undefined): string | undefined {
  return value !== undefined && /^#[0-9a-f]{3,8}$/i.test(value) ? value : undefined
}
