import { useCallback, useEffect, useState } from 'react'
import { type Failure, toFailure } from '../engine/failure.ts'

export type Reading<T> =
  | { state: 'reading' }
  | { state: 'read'; value: T }
  | { state: 'failed'; failure: Failure }

/** Reads an incoming text once per text; `again` reads it anew. */
export function useReading<T>(
  text: string | undefined,
  read: (text: string) => Promise<T>,
): [Reading<T>, () => void] {
  const [reading, setReading] = useState<Reading<T>>({ state: 'reading' })
  const [round, setRound] = useState(0)
  useEffect(() => {
    if (text === undefined) return
    let gone = false
    setReading({ state: 'reading' })
    read(text).then(
      (value) => !gone && setReading({ state: 'read', value }),
      (error) => !gone && setReading({ state: 'failed', failure: toFailure(error) }),
    )
    return () => {
      gone = true
    }
  }, [text, read, round])
  return [reading, useCallback(() => setRound((before) => before + 1), [])]
}
