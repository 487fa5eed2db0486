import { useSyncExternalStore } from 'react'

export type Language = 'ko' | 'en'
export type Localized = { ko: string; en: string }

const STORED_AS = 'pass.language'
const listeners = new Set<() => void>()

function stored(): Language {
  try {
    return localStorage.getItem(STORED_AS) === 'en' ? 'en' : 'ko'
  } catch {
    // Storage may be blocked; the choice then lasts as long as the page.
    return 'ko'
  }
}

let current: Language | undefined

/** The language in use: the reader's choice, Korean until one was made. */
export function currentLanguage(): Language {
  if (current === undefined) apply(stored())
  return current ?? 'ko'
}

function apply(language: Language) {
  current = language
  if (typeof document !== 'undefined') document.documentElement.lang = language
}

/** Changes the language here and in every other open tab, keeps the choice, and sets `html lang`. */
export function setLanguage(language: Language): void {
  apply(language)
  try {
    localStorage.setItem(STORED_AS, language)
  } catch {
    // As above: the choice holds for this page.
  }
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  const onStorage = (event: StorageEvent) => {
    if (event.key !== STORED_AS) return
    apply(stored())
    listener()
  }
  listeners.add(listener)
  window.addEventListener('storage', onStorage)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', onStorage)
  }
}

/** The language in use, kept up to date. */
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, currentLanguage, () => 'ko')
}
