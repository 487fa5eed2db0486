import { useCallback, useEffect, useState } from 'react'

export type Loading<T> =
  | { state: 'loading' }
  | { state: 'ready'; value: T }
  | { state: 'failed'; error: unknown }

/**
 * Loads when the screen opens, whenever `load` changes, and on `again`; what was there stays in sight meanwhile.
 * Give a function that stays the same (from outside the component, or by useCallback).
 */
export function useLoading<T>(load: () => Promise<T>): [Loading<T>, again: () => Promise<void>] {
  const [loading, setLoading] = useState<Loading<T>>({ state: 'loading' })
  const again = useCallback(
    () =>
      load().then(
        (value) => setLoading({ state: 'ready', value }),
        (error: unknown) => setLoading({ state: 'failed', error }),
      ),
    [load],
  )
  useEffect(() => {
    let gone = false
    load().then(
      (value) => !gone && setLoading({ state: 'ready', value }),
      (error: unknown) => !gone && setLoading({ state: 'failed', error }),
    )
    return () => {
      gone = true
    }
  }, [load])
  return [loading, again]
}
