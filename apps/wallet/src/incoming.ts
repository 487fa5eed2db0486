import { useState } from 'react'
import { useHistoryState } from 'wouter/use-browser-location'

/** What a scanned or opened text is about. */
export type Kind = 'receive' | 'present' | 'pay' | 'attendance' | 'consent' | 'verify' | 'pass'

type Arrival = {
  incoming?: string
  /** The address that a sign-in came back to. */
  returned?: string
  /** Opened on this device, by a link; not scanned or typed in. */
  opened?: true
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

/** Where a sign-in comes back to; what it brings is in the query (RFC 6749 section 4.1.2). */
const RETURN = /\/receive\/return\/?$/
/** The members by which the protocols' own links carry what they say. */
const CARRIES = /(^|&)(credential_offer|credential_offer_uri|client_id|request|request_uri)=/

/**
 * Moves what a link carries out of the address bar. It is a secret of a kind: it must not stay in what people
 * copy, sync and photograph. The history entry keeps it, so that a reload in the middle loses nothing.
 */
export function adoptAddress(): void {
  const arrival = arrivalIn(location.href)
  if (arrival) history.replaceState(arrival, '', location.pathname)
}

/** What an address of this wallet carries: in the fragment (our own links) or in the query (links that others make). */
export function arrivalIn(href: string): Arrival | undefined {
  const { pathname, search, hash } = new URL(href)
  const query = search.slice(1)
  if (RETURN.test(pathname)) return query === '' ? undefined : { returned: href }
  if (OWN_LINK.test(href)) return { incoming: href, opened: true }
  const kind = /\/(receive|present)\/?$/.exec(pathname)?.[1] as Kind | undefined
  const fragment = hash.slice(1)
  const carried = fragment.includes('=') ? fragment : query
  if (!kind || !CARRIES.test(carried)) return undefined
  return { incoming: `${SCHEMES[kind]}${carried}`, opened: true }
}

/** The text that this page was opened with, from a link or from the scanner. */
export function useIncoming(): string | undefined {
  const state = useHistoryState<Partial<Arrival> | null>()
  return typeof state?.incoming === 'string' ? state.incoming : undefined
}

/** Whether what arrived was opened on this device, so that whoever sent it is here too. */
export function useOpenedHere(): boolean {
  return useHistoryState<Partial<Arrival> | null>()?.opened === true
}

/** The address that the sign-in came back to, until it is dealt with. */
export function returnedAddress(): string | undefined {
  const { returned } = (history.state ?? {}) as Partial<Arrival>
  return typeof returned === 'string' ? returned : undefined
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
  const { returned: _spent, ...rest } = (history.state ?? {}) as Partial<Arrival>
  history.replaceState({ ...rest, finished: true }, '')
}

/** The state of a history entry for what arrived; `then` is the screen that goes on with it. */
export function arrivalOf(text: string, then?: string): Arrival & { incoming: string } {
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
