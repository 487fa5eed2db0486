import { onUnauthenticated } from '../api.ts'

// One cookie serves all tabs: who signs in or out in one does so in every other.
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('pass.session')

/** Tells the other tabs that somebody signed in or out. */
export function announceSession(): void {
  channel?.postMessage('changed')
}

/**
 * Calls `look` when another tab signed in or out, when the API no longer knows the session, and when the page is
 * looked at again after it lay in the background: what it shows is personal data. Answers how to stop.
 */
export function onSessionMayHaveChanged(look: () => void): () => void {
  const onSeen = () => {
    if (document.visibilityState === 'visible') look()
  }
  const stopAsking = onUnauthenticated(look)
  channel?.addEventListener('message', look)
  document.addEventListener('visibilitychange', onSeen)
  return () => {
    stopAsking()
    channel?.removeEventListener('message', look)
    document.removeEventListener('visibilitychange', onSeen)
  }
}
