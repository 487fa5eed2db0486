import type { Localized } from '@pass/holder'
import { useSyncExternalStore } from 'react'

/** A card that came by itself and was not looked at yet. */
export type ArrivedCard = { id: string; name: Localized }
/** A card that was applied for and will not come; the reason in the office's own words. */
export type RefusedCard = { name: Localized; reason?: string }

type News = { arrived: readonly ArrivedCard[]; refused: readonly RefusedCard[] }

const NONE: News = { arrived: [], refused: [] }
let news = NONE
const listeners = new Set<() => void>()

function become(next: News): void {
  news = next
  for (const listener of listeners) listener()
}

export function noteArrivals(cards: readonly ArrivedCard[]): void {
  if (cards.length > 0) become({ ...news, arrived: [...news.arrived, ...cards] })
}

export function noteRefusals(cards: readonly RefusedCard[]): void {
  if (cards.length > 0) become({ ...news, refused: [...news.refused, ...cards] })
}

export function dismissNews(kind: keyof News): void {
  become({ ...news, [kind]: [] })
}

/** Cards that came, or will not come, while the wallet was open. */
export function useNews(): News {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => news,
  )
}
