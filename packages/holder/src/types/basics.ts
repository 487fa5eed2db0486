/** What everything else is made of. */

export type Localized = { ko: string; en: string }

/** A DCQL claims path pointer (OpenID4VP 1.0 section 7). */
export type ClaimPath = readonly (string | number | null)[]

export type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string }

/** How a credential looks, from its type metadata. Colours are CSS hex colours. */
export type CardDisplay = {
  name: Localized
  description?: Localized
  background?: string
  text?: string
}

export type ClaimLabel = { path: ClaimPath; label: Localized }

export type ClaimShown = ClaimLabel & { value: unknown }

export type HeldKey = { id: string; publicJwk: PublicJwk }
