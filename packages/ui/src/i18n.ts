import { type Language, type Localized, setLanguage, useLanguage } from './language.ts'

export type I18n<Messages> = {
  /** The messages of the language in use. */
  t: Messages
  language: Language
  setLanguage: (language: Language) => void
  /** The side of a bilingual text to show. */
  local: (text: Localized) => string
  /** A day, from milliseconds since 1970, as it is in Seoul. */
  day: (at: number) => string
  /** A day and a time, from milliseconds since 1970, as it is in Seoul. */
  moment: (at: number) => string
  number: (value: number) => string
}

const LOCALES = { ko: 'ko-KR', en: 'en-GB' } as const

/**
 * Makes the hook that gives an app its words. Messages are plain objects of strings and functions; the
 * Korean one decides the shape and the English one must have it too. No provider is needed.
 */
export function createI18n<Messages extends object>(dictionaries: {
  ko: Messages
  en: NoInfer<Messages>
}): {
  useI18n: () => I18n<Messages>
} {
  return {
    useI18n() {
      const language = useLanguage()
      return { t: dictionaries[language], language, setLanguage, ...formats(language) }
    },
  }
}

function formats(language: Language) {
  const locale = LOCALES[language]
  const date = (options: Intl.DateTimeFormatOptions) => (at: number) =>
    new Intl.DateTimeFormat(locale, { timeZone: 'Asia/Seoul', ...options }).format(at)
  return {
    local: (text: Localized) => text[language],
    day: date({ dateStyle: 'long' }),
    moment: date({ dateStyle: 'long', timeStyle: 'short' }),
    number: (value: number) => new Intl.NumberFormat(locale).format(value),
  }
}
