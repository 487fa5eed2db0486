/** What the consent step of receiving shows. */

import type { CardDisplay, ClaimLabel, Localized } from './basics.ts'

/** A credential that an offer promises. */
export type OfferedType = CardDisplay & {
  configurationId: string
  vct: string
  claims: ClaimLabel[]
}

/**
 * What the consent step of receiving shows. Plain data; give it back to `receive`, or to `beginSignIn` when `signIn`
 * says so. `types` may be narrowed to those that are wanted.
 */
export type OfferPreview = {
  issuer: {
    /** The credential issuer identifier, a URL. */
    id: string
    name: Localized
    /** Who signed its metadata, when a certificate of the city vouches for it. */
    certifiedName?: string
  }
  types: OfferedType[]
  /** Present when the citizen must type a code that came by another way. */
  txCode?: { inputMode: 'numeric' | 'text'; length?: number; description?: string }
  /** Whether the person signs in with the issuer first: `beginSignIn` instead of `receive`. */
  signIn: boolean
  /** Present exactly when no sign-in is needed. */
  preAuthorizedCode?: string
  /** Ties the sign-in to what the issuer has prepared (section 5.1.3). */
  issuerState?: string
  /** The authorization server to use, when the offer names one. */
  authorizationServer?: string
}
