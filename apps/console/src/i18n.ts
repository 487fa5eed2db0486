import { createI18n } from '@pass/ui'
import { ApiError, type Localized } from './api.ts'
import { en } from './text/en.ts'
import { ko, type Messages } from './text/ko.ts'

export const { useI18n } = createI18n({ ko, en })

/** The sentence for an error: what happened, whether anything changed, what to do. */
export function sentence(t: Messages, local: (text: Localized) => string, error: unknown): string {
  if (error instanceof ApiError && error.reason) return local(error.reason)
  const code = error instanceof ApiError ? error.code : error instanceof DOMException ? 'passkey' : 'internal'
  return t.error[code] ?? t.errorUnknown(code)
}

/** Milliseconds of a timestamp of the API. */
export const at = (timestamp: string): number => new Date(timestamp).getTime()
