import type { Localized } from '@pass/holder'
import { useEffect, useState } from 'react'

/**
 * Names of the city's card types by their address. The whole list is fetched, so that the city does not learn
 * which card someone was asked for; empty while it is on its way, and offline.
 */
export function useTypeNames(): ReadonlyMap<string, Localized> {
  const [names, setNames] = useState<ReadonlyMap<string, Localized>>(new Map())
  useEffect(() => {
    let gone = false
    fetch('/api/credential-types')
      .then(async (response) =>
        response.ok ? ((await response.json()) as { vct: string; name: Localized }[]) : [],
      )
      .then((types) => !gone && setNames(new Map(types.map(({ vct, name }) => [vct, name]))))
      .catch(() => undefined)
    return () => {
      gone = true
    }
  }, [])
  return names
}
