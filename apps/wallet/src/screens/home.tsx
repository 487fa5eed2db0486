import type { PendingIssuance, StoredCredential } from '@pass/holder'
import { Button, buttonClass, EmptyState, Notice, Page, Spinner } from '@pass/ui'
import { lazy, Suspense, useState } from 'react'
import { Link } from 'wouter'
import { type Failure, toFailure } from '../engine/failure.ts'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { CardFace, standingOf } from '../parts/card-face.tsx'
import { FailureNotice, StorageNotice } from '../parts/failure-page.tsx'
import { Icon } from '../parts/icons.tsx'
import { useCards, usePending } from '../parts/use-stored.ts'
import { setWelcomed, Welcome, wasWelcomed } from './welcome.tsx'

// Only for who has something coming; the cards do not wait for it.
const Reminders = lazy(() => import('../volunteering/reminders.tsx'))

/** The cards, and the one button for receiving and showing. */
export function Home() {
  const { t } = useI18n()
  const cards = useCards()
  const pending = usePending()
  const [welcomed, setSeen] = useState(wasWelcomed)

  function seen() {
    setWelcomed(true)
    setSeen(true)
  }

  const hasCards = cards.state === 'ready' && cards.value.length > 0
  const isNew =
    cards.state === 'ready' && !hasCards && pending.state === 'ready' && pending.value.length === 0
  if (isNew && !welcomed) return <Welcome onDone={seen} />
  return (
    <Page title={t.home.title} narrow appName={t.app.name}>
      {pending.state === 'ready' && pending.value.map((one) => <Unfinished key={one.id} pending={one} />)}
      {hasCards && (
        <Suspense>
          <Reminders />
        </Suspense>
      )}
      {cards.state === 'loading' && <Spinner>{t.app.loading}</Spinner>}
      {cards.state === 'failed' && <StorageNotice />}
      {hasCards && (
        <div className="ui-stack">
          <ScanButton />
          <p className="ui-hint">{t.home.scanHint}</p>
          <CardList cards={cards.value} />
        </div>
      )}
      {cards.state === 'ready' && !hasCards && (
        <EmptyState title={t.home.empty} action={<ScanButton />}>
          <p>{t.home.emptyNext}</p>
        </EmptyState>
      )}
    </Page>
  )
}

function ScanButton() {
  const { t } = useI18n()
  return (
    <Link className={buttonClass('primary', true)} href="/scan">
      <Icon name="scan" />
      {t.home.scan}
    </Link>
  )
}

function CardList({ cards }: { cards: StoredCredential[] }) {
  const { t } = useI18n()
  const words = {
    expired: t.card.expired,
    confirmed: t.card.recordConfirmed,
    confirming: t.card.recordPending,
  }
  return (
    <ul className="card-list">
      {cards.map((card) => (
        <li key={card.id}>
          <Link className="card-link" href={`/cards/${card.id}`}>
            <CardFace {...card} status={words[standingOf(card, Date.now())]} />
          </Link>
        </li>
      ))}
    </ul>
  )
}

/** A card whose answer was lost on the way: go on, or give it up. */
function Unfinished({ pending }: { pending: PendingIssuance }) {
  const { t, local } = useI18n()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  async function run(work: (id: string) => Promise<unknown>) {
    setBusy(true)
    setFailure(undefined)
    try {
      await work(pending.id)
    } catch (error) {
      setFailure(toFailure(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Notice tone="info" title={t.home.pending(local(pending.issuer.name))}>
      <p>{t.home.pendingNext}</p>
      {failure && <FailureNotice failure={failure} titled />}
      <div className="ui-row">
        <Button busy={busy} onClick={() => run(wallet.resume)}>
          {busy ? t.home.resuming : t.home.resume}
        </Button>
        {!busy && (
          <Button variant="text" onClick={() => run(wallet.abandon)}>
            {t.home.abandon}
          </Button>
        )}
      </div>
    </Notice>
  )
}
