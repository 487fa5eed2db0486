import type { Localized } from '@pass/holder'
import { Button, EmptyState, Page, Spinner, StatusBadge, type Tone } from '@pass/ui'
import { useEffect, useState } from 'react'
import { readAccount } from '../account/account.ts'
import { ApiError } from '../account/api-error.ts'
import { openAccount } from '../account/device-ports.ts'
import { walletFetch } from '../account/wallet-fetch.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import { Back } from '../parts/back.tsx'
import './points.css'
import { ReceiptOf } from './receipt.tsx'
import { Trouble } from './trouble.tsx'
import { usePoints } from './use-points.ts'

type Item = {
  id: string
  kind: 'award' | 'payment' | 'donation' | 'exchange' | 'refund' | 'correction' | 'moved' | 'expired'
  /** Decimal, with its sign. */
  points: string
  title: Localized
  detail: Localized | null
  at: string
  status: 'pending' | 'confirmed' | 'failed'
  receipt: string | null
}
type HistoryPage = { items: Item[]; nextCursor: string | null }

const ID = 'history'
const TONES: Record<Item['status'], Tone> = { pending: 'info', confirmed: 'success', failed: 'error' }

async function fetchPage(cursor: string | null): Promise<HistoryPage> {
  const ports = await openAccount()
  const account = await readAccount(ports)
  if (!account) throw new ApiError('wallet_unknown', 'this device has no key of points')
  const query = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`
  const page = await walletFetch<HistoryPage>(ports, `/api/wallet/points/history${query}`, {
    key: account.key,
  })
  // The first page is what shows without a network.
  if (cursor === null) await ports.store.put('snapshot', ID, { at: Date.now(), body: page })
  return page
}

/** What came and went, newest first, in plain words; each with its place in the public record. */
export default function PointsHistory() {
  const { t, moment } = useI18n()
  const [page, setPage] = useState<HistoryPage & { seenAt?: number }>()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()
  const [firstNew, setFirstNew] = useState<string>()

  // The button may be gone after the last page: reading goes on where the new ones begin.
  useEffect(() => {
    if (firstNew !== undefined) document.getElementById(`entry-${firstNew}`)?.focus()
  }, [firstNew])
  useEffect(() => {
    let gone = false
    const show = (next: HistoryPage & { seenAt?: number }) => !gone && setPage(next)
    fetchPage(null).then(show, async (error) => {
      const kept = await openAccount().then(({ store }) => store.get('snapshot', ID))
      if (kept) show({ ...(kept.body as HistoryPage), nextCursor: null, seenAt: kept.at })
      else if (!gone) setFailure(toFailure(error))
    })
    return () => {
      gone = true
    }
  }, [])

  async function more() {
    if (!page?.nextCursor) return
    setBusy(true)
    setFailure(undefined)
    try {
      const next = await fetchPage(page.nextCursor)
      setPage({ items: [...page.items, ...next.items], nextCursor: next.nextCursor })
      setFirstNew(next.items[0]?.id)
    } catch (error) {
      setFailure(toFailure(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Page title={t.history.title} before={<Back href="/points" />} narrow appName={t.app.name}>
      {!page && !failure && <Spinner>{t.points.loading}</Spinner>}
      {page?.seenAt !== undefined && <p className="ui-hint">{t.history.asOf(moment(page.seenAt))}</p>}
      {page?.items.length === 0 && (
        <EmptyState title={t.history.empty}>
          <p>{t.history.emptyNext}</p>
        </EmptyState>
      )}
      {page && page.items.length > 0 && (
        <ol className="activity">
          {page.items.map((item) => (
            <li key={item.id} id={`entry-${item.id}`} tabIndex={-1}>
              <Entry item={item} />
            </li>
          ))}
        </ol>
      )}
      {failure && <Trouble failure={failure} />}
      {page?.nextCursor && (
        <Button variant="secondary" wide busy={busy} onClick={more}>
          {busy ? t.history.loadingMore : t.history.more}
        </Button>
      )}
    </Page>
  )
}

function Entry({ item }: { item: Item }) {
  const { t, local, moment } = useI18n()
  const points = usePoints()
  const gained = !item.points.startsWith('-')
  return (
    <article className="entry">
      <div className="entry-head">
        <StatusBadge tone={TONES[item.status]}>
          {t.history.kinds[item.kind]} · {t.history.statuses[item.status]}
        </StatusBadge>
        <time className="ui-hint" dateTime={item.at}>
          {moment(Date.parse(item.at))}
        </time>
      </div>
      <h2 className="entry-party">{local(item.title)}</h2>
      {item.detail && <p>{local(item.detail)}</p>}
      {BigInt(item.points) !== 0n && (
        <p className={gained ? 'points-gained' : 'points-spent'}>
          {gained ? '+' : '−'}
          {points(item.points.replace(/^-/, ''))}
        </p>
      )}
      {item.receipt && <ReceiptOf hash={item.receipt} />}
    </article>
  )
}
