import { useEffect, useState } from 'react'
import { findPosition, type Position, PositionError, type PositionTrouble } from './distance.ts'

export type Whereabouts =
  | { state: 'unasked' | 'asking' }
  | { state: 'known'; position: Position }
  | { state: PositionTrouble }

/** Where the citizen is, asked for once `wanted` and never before. It lives as long as the screen. */
export function usePosition(wanted: boolean): Whereabouts {
  const [whereabouts, setWhereabouts] = useState<Whereabouts>({ state: 'unasked' })
  useEffect(() => {
    if (!wanted) return setWhereabouts({ state: 'unasked' })
    let gone = false
    setWhereabouts({ state: 'asking' })
    findPosition().then(
      (position) => !gone && setWhereabouts({ state: 'known', position }),
      (error: unknown) =>
        !gone && setWhereabouts({ state: error instanceof PositionError ? error.trouble : 'unavailable' }),
    )
    return () => {
      gone = true
    }
  }, [wanted])
  return whereabouts
}
