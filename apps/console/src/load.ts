import { useCallback, useEffect, useRef, useState } from 'react'

export type Loaded<T> = { data: T | undefined; error: unknown; loading: boolean; reload: () => void }

/** Loads when `key` changes, and ignores the answer to a question that is no longer asked. */
export function useLoad<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'reload'>>({
    data: undefined,
    error: undefined,
    loading: true,
  })
  const [round, setRound] = useState(0)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    let current = true
    setState((before) => ({ ...before, loading: true, error: undefined }))
    latest.current().then(
      (data) => current && setState({ data, error: undefined, loading: false }),
      (error) => current && setState((before) => ({ ...before, error, loading: false })),
    )
    return () => {
      current = false
    }
  }, [key, round])
  return { ...state, reload: useCallback(() => setRound((n) => n + 1), []) }
}

/** Asks every `everyMs` while `active`, and once more as soon as the page is looked at again. */
export function usePoll(active: boolean, everyMs: number, ask: () => Promise<void>): void {
  const latest = useRef(ask)
  latest.current = ask
  useEffect(() => {
    if (!active) return
    let stopped = false
    let timer: ReturnType<typeof setTimeout>
    const tick = async () => {
      // A poll that fails is asked again; what the screen shows stays as it is.
      if (!document.hidden) await latest.current().catch(() => undefined)
      if (!stopped) timer = setTimeout(tick, everyMs)
    }
    timer = setTimeout(tick, everyMs)
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }, [active, everyMs])
}
