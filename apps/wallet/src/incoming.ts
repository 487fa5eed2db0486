import { useState } from 'react'
import { useHistoryState } from 'wouter/use-browser-location'

/** What a scanned or opened text is about. */
export type Kind = 'receive' | 'present' | 'pay' | 'attendance' | 'consent' | 'verify' | 'pass'

type Arrival = {
  incoming: string
  finished?: true
  /** The screen that asked for it, and goes on when it is done. */
  then?: string
}

/** The screen for each kind. */
const SCREENS: Record<Kind, string> = {
  receive: '/receive',
  present: '/present',
  pay: '/pay',
  attendance: '/check-in',
  consent: '/consent',
  verify: '/verify',
  pass: '/pass',
}

// The protocols' own schemes, so that the engine reads a fragment as it reads a QR code.
const SCHEMES: Partial<Record<Kind, string>> = {
  receive: 'openid-credential-offer://?',
  present: 'openid4vp://?',
}

/** The wallet's own links carry what they say in the fragment; `#main` and its like are places on a page. */
const OWN_LINK = /\/wallet\/(pay|check-in|consent|verify|pass)\/?#([\w.~:-]{16,})$/

/**
 * Moves what a link carries out of the address bar. It is a secret of a kind: it must not stay in what people
 * copy, sync and photograph. The history entry keeps it, so that a reload in the middle loses nothing.
 */
export function adoptFragment(): void {
  const own = OWN_LINK.test(location.href)
  const kind = /\/(receive|present)\/?$/.exec(location.pathname)?.[1] as Kind | undefined
  const fragment = location.hash.slice(1)
  if (!own && (!kind || !fragment.includes('='))) return
  const incoming = own ? location.href : `${kind ? SCHEMES[kind] : ''}${fragment}`
  history.replaceState(arrivalOf(incoming), '', location.pathname)
}

/** The text that this page was opened with, from a link or from the scanner. */
export function useIncoming(): string | undefined {
  const state = useHistoryState<Partial<Arrival> | null>()
  return typeof state?.incoming === 'string' ? state.incoming : undefined
}

/** What one of the wallet's own links carries: `incoming` without its address. */
export function fragmentOf(incoming: string): string {
  return OWN_LINK.exec(incoming.trim())?.[2] ?? ''
}

/** The screen to go on to when this one is done, if one is waiting. */
export function useThen(): string | undefined {
  const state = useHistoryState<Partial<Arrival> | null>()
  // A place within the wallet and nothing else: history entries outlive the code that wrote them.
  return typeof state?.then === 'string' && /^\/[\w/?=&-]*$/.test(state.then) ? state.then : undefined
}

/** Whether this page was opened on something already dealt with: by a reload, or by going back. */
export function useFinishedBefore(): boolean {
  const [finished] = useState(() => (history.state as Partial<Arrival> | null)?.finished === true)
  return finished
}

/** Marks what arrived as dealt with, so that a reload does not ask the same question and find it out of date. */
export function finishArrival(): void {
  history.replaceState({ ...history.state, finished: true }, '')
}

/** The state of a history entry for what arrived; `then` is the screen that goes on with it. */
export function arrivalOf(text: string, then?: string): Arrival {
  return { incoming: text, ...(then === undefined ? {} : { then }) }
}

/** Where a kind is dealt with. */
export function screenOf(kind: Kind): string {
  return SCREENS[kind]
}

/** What a scanned or pasted text is about; undefined when it is nothing of ours. */
export function kindOf(text: string): Kind | undefined {
  const [, own] = OWN_LINK.exec(text.trim()) ?? []
  if (own === 'check-in') return 'attendance'
  if (own !== undefined) return own as Kind
  // What another wallet shows to be paid with.
  if (text.startsWith('PASSPAY1:')) return 'pass'
  if (/credential_offer(_uri)?=/.test(text)) return 'receive'
  if (/(request_uri|client_id|request)=/.test(text)) return 'present'
  return undefined
}
