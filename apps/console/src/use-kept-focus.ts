import { useEffect } from 'react'

/**
 * Whoever works by keyboard must not lose their place: when what had the focus goes (the button of a step that is
 * done, the row action that no longer applies), the page's title takes it instead of nothing.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let held: Element | null = null
    const remember = (event: FocusEvent) => {
      held = event.target instanceof Element ? event.target : null
    }
    const observer = new MutationObserver(() => {
      const lost = held !== null && !held.isConnected && document.activeElement === document.body
      if (!lost) return
      held = null
      document.querySelector<HTMLElement>('main h1')?.focus()
    })
    document.addEventListener('focusin', remember)
    observer.observe(document.body, { childList: true, subtree: true })
    return () => {
      document.removeEventListener('focusin', remember)
      observer.disconnect()
    }
  }, [])
}
