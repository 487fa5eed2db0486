import type { Localized } from '@pass/holder'
import { useSyncExternalStore } from 'react'

/** A card that came by itself and was not looked at yet. */
export type ArrivedCard = { id: string; name: Localized }

let arrived: readonly ArrivedCard[] = []
const listeners = new Set<() => void>()

function become(next: readonly ArrivedCard[]): void {
  arrived = next
  for (const listener of listeners) listener()
}

export function noteArrivals(cards: readonly ArrivedCard[]): void {
  if (cards.length > 0) become([...arrived, ...cards])
}

export function dismissArrivals(): void {
  become([])
}

/** Cards that came while the wallet was open. */
export function useArrivals(): readonly ArrivedCard[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => arrived,
  )
}
