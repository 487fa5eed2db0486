import type { HolderErrorCode } from '@pass/holder'
import { API_CODES, type ApiCode, ApiError } from '../account/api-error.ts'

/** What a screen needs to know of something that failed. */
export type Failure = {
  code: HolderErrorCode | ApiCode | 'offline' | 'storage' | 'unexpected'
  /** Whether anything of the person's may have left the device. */
  shared: boolean
  attemptsLeft?: number
  retryAfter?: number
}

// By its name and not by instanceof: the class is loaded with the engine, this is loaded with the first screen.
function isHolderError(error: unknown): error is Error & Failure {
  return error instanceof Error && error.name === 'HolderError' && 'code' in error && 'shared' in error
}

const STORAGE_ERRORS = [
  'QuotaExceededError',
  'InvalidStateError',
  'UnknownError',
  'VersionError',
  'DataCloneError',
]

/** Turns whatever was thrown into what the person is told. */
export function toFailure(error: unknown): Failure {
  if (isHolderError(error)) {
    const { shared, attemptsLeft, retryAfter } = error
    const code = error.code === 'network' && !navigator.onLine ? 'offline' : error.code
    return {
      code,
      shared,
      ...(attemptsLeft === undefined ? {} : { attemptsLeft }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    }
  }
  if (error instanceof ApiError) return { code: apiCode(error.code), shared: false }
  if (!navigator.onLine) return { code: 'offline', shared: false }
  if (isMissingPart(error)) return { code: 'network', shared: false }
  if (error instanceof DOMException && STORAGE_ERRORS.includes(error.name))
    return { code: 'storage', shared: false }
  return { code: 'unexpected', shared: false }
}

/** The code to find words for; a refusal of a kind that this version does not know is unexpected. */
function apiCode(code: string): Failure['code'] {
  if (code === 'network') return navigator.onLine ? 'network' : 'offline'
  if (code === 'busy' || code === 'server_error') return code
  return API_CODES.find((known) => known === code) ?? 'unexpected'
}

/** A part of the wallet itself that did not come, before the service worker had kept it; in each browser's words. */
function isMissingPart(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    /dynamically imported module|Importing a module script failed/i.test(error.message)
  )
}
