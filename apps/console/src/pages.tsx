import { Button } from '@pass/ui'
import { useCallback, useEffect, useRef, useState } from 'react'
import { call, type Page } from './api.ts'
import { useI18n } from './i18n.ts'

export type Pages<Item> = {
  items: Item[]
  error: unknown
  loading: boolean
  hasMore: boolean
  more: () => void
  reload: () => void
  /** Asks for what is shown once more, without a sign of it. */
  refresh: () => Promise<void>
}

/** As the API gives them unless told, and at most. */
const PAGE = 50
const MOST = 200

/** A list that the API gives page by page; starts over when the filters change. */
export function usePages<Item>(path: string, filters: Record<string, string>): Pages<Item> {
  const filter = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== '')).toString()
  const [state, setState] = useState<{
    items: Item[]
    cursor: string | null
    error: unknown
    loading: boolean
  }>({
    items: [],
    cursor: null,
    error: undefined,
    loading: true,
  })
  const asked = useRef(0)
  const ask = useCallback(
    async (cursor: string | null, quietly?: { limit: number }) => {
      asked.current += 1
      const question = asked.current
      if (!quietly) setState((before) => ({ ...before, loading: true, error: undefined }))
      try {
        const query = new URLSearchParams(filter)
        if (quietly) query.set('limit', String(quietly.limit))
        if (cursor) query.set('cursor', cursor)
        const page = await call<Page<Item>>('GET', `${path}?${query}`)
        if (question !== asked.current) return
        setState((before) => ({
          items: cursor ? [...before.items, ...page.items] : page.items,
          cursor: page.nextCursor,
          error: undefined,
          loading: false,
        }))
      } catch (error) {
        if (question === asked.current) setState((before) => ({ ...before, error, loading: false }))
      }
    },
    [path, filter],
  )
  const reload = useCallback(() => void ask(null), [ask])
  useEffect(reload, [reload])
  return {
    items: state.items,
    error: state.error,
    loading: state.loading,
    hasMore: state.cursor !== null,
    more: () => void ask(state.cursor),
    reload,
    refresh: async () => {
      // A page that is on its way is not overtaken.
      if (!state.loading) await ask(null, { limit: Math.min(MOST, Math.max(PAGE, state.items.length)) })
    },
  }
}

export function MoreButton({ pages }: { pages: Pages<unknown> }) {
  const { t } = useI18n()
  if (!pages.hasMore) return null
  return (
    <Button variant="secondary" onClick={pages.more} busy={pages.loading}>
      {t.more}
    </Button>
  )
}
