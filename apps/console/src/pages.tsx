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
}

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
    async (cursor: string | null) => {
      asked.current += 1
      const question = asked.current
      setState((before) => ({ ...before, loading: true, error: undefined }))
      try {
        const query = new URLSearchParams(filter)
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
