import type { CredentialType } from './credential-type.ts'
import type { Localized } from './localized.ts'

/** Type metadata of an SD-JWT VC (draft-ietf-oauth-sd-jwt-vc section 4). */
export type SdJwtVcTypeMetadata = {
  vct: string
  name: string
  description: string
  display: Array<{
    locale: string
    name: string
    description: string
    rendering: { simple: { background_color: string; text_color: string } }
  }>
  claims: Array<{
    path: string[]
    display: Array<{ locale: string; label: string }>
    sd: 'always' | 'never'
  }>
}

const LOCALES: ReadonlyArray<{ locale: string; language: keyof Localized }> = [
  { locale: 'ko-KR', language: 'ko' },
  { locale: 'en', language: 'en' },
]

/** The document that is served at the `vct` address. */
export function typeMetadata(type: CredentialType, vct: string): SdJwtVcTypeMetadata {
  const { name, description, card, claims } = type
  return {
    vct,
    name: name.ko,
    description: description.ko,
    display: LOCALES.map(({ locale, language }) => ({
      locale,
      name: name[language],
      description: description[language],
      rendering: { simple: { background_color: card.background, text_color: card.text } },
    })),
    claims: claims.map((claim) => ({
      path: claim.path,
      display: LOCALES.map(({ locale, language }) => ({ locale, label: claim.name[language] })),
      sd: 'always',
    })),
  }
}
