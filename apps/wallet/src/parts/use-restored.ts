import { useEffect } from 'react'

/**
 * Calls back when somebody returns to this page and the browser shows it just as it was left (from its back/forward
 * cache): what was on its way elsewhere is not any more. `restored` must stay the same function.
 */
export function useRestored(restored: () => void): void {
  useEffect(() => {
    const shown = (event: PageTransitionEvent) => {
      if (event.persisted) restored()
    }
    window.addEventListener('pageshow', shown)
    return () => window.removeEventListener('pageshow', shown)
  }, [restored])
}
