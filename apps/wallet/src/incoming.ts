import { useState } from 'react'
import { useHistoryState } from 'wouter/use-browser-location'

export type Kind = 'receive' | 'present'

type Arrival = { incoming: string; finished?: true }

// The protocols' own schemes, so that the engine reads a fragment as it reads a QR code.
const SCHEMES: Record<Kind, string> = { receive: 'openid-credential-offer://?', present: 'openid4vp://?' }

/**
 * Moves an offer or a request out of the address bar. It is a secret of a kind: it must not stay in what people
 * copy, sync and photograph. The history entry keeps it, so that a reload in the middle loses nothing.
 */
export function adoptFragment(): void {
  const kind = /\/(receive|present)\/?$/.exec(location.pathname)?.[1] as Kind | undefined
  const fragment = location.hash.slice(1)
  if (!kind || !fragment.includes('=')) return
  const arrival: Arrival = { incoming: SCHEMES[kind] + fragment }
  history.replaceState(arrival, '', location.pathname)
}

/** The text that this page was opened with, from a link or from the scanner. */
export function useIncoming(): string | undefined {
  const state = useHistoryState<Partial<Arrival> | null>()
  return typeof state?.incoming === 'string' ? state.incoming : undefined
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

export function arrivalOf(text: string): Arrival {
  return { incoming: text }
}

/** Whether a scanned or pasted text offers a card or asks for one; undefined when it is neither. */
export function kindOf(text: string): Kind | undefined {
  if (/credential_offer(_uri)?=/.test(text)) return 'receive'
  if (/(request_uri|client_id|request)=/.test(text)) return 'present'
  return undefined
}
