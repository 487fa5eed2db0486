import type { StoredCredential } from '@pass/holder'
import { buttonClass, EmptyState, Page, Spinner } from '@pass/ui'
import { lazy, Suspense, useState } from 'react'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { CardFace, standingOf } from '../parts/card-face.tsx'
import { StorageNotice } from '../parts/failure-page.tsx'
import { Icon } from '../parts/icons.tsx'
import { useCards, usePending } from '../parts/use-stored.ts'
import { Unfinished } from './unfinished.tsx'
import { setWelcomed, Welcome, wasWelcomed } from './welcome.tsx'

// Only for who has something coming; the cards do not wait for it.
const Reminders = lazy(() => import('../volunteering/reminders.tsx'))

/** The cards, those on their way, and the ways to receive and to show one. */
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
  const unfinished = pending.state === 'ready' ? pending.value : []
  const waiting = unfinished.filter(({ state }) => state === 'waiting')
  const isNew = cards.state === 'ready' && !hasCards && pending.state === 'ready' && unfinished.length === 0
  if (isNew && !welcomed) return <Welcome onDone={seen} />
  return (
    <Page title={t.home.title} narrow appName={t.app.name}>
      {unfinished
        .filter((one) => !waiting.includes(one))
        .map((one) => (
          <Unfinished key={one.id} pending={one} />
        ))}
      {hasCards && (
        <Suspense>
          <Reminders />
        </Suspense>
      )}
      {cards.state === 'loading' && <Spinner>{t.app.loading}</Spinner>}
      {cards.state === 'failed' && <StorageNotice />}
      {hasCards && (
        <div className="ui-stack">
          <ScanButton variant="primary" />
          <p className="ui-hint">{t.home.scanHint}</p>
          <CardList cards={cards.value} />
        </div>
      )}
      {waiting.map((one) => (
        <Unfinished key={one.id} pending={one} />
      ))}
      {(hasCards || waiting.length > 0) && <AddButton variant="secondary" />}
      {cards.state === 'ready' && !hasCards && waiting.length === 0 && (
        <EmptyState title={t.home.empty} action={<AddButton variant="primary" />}>
          <p>{t.home.emptyNext}</p>
        </EmptyState>
      )}
      {cards.state === 'ready' && !hasCards && <ScanButton variant="secondary" />}
    </Page>
  )
}

type Way = { variant: 'primary' | 'secondary' }

function ScanButton({ variant }: Way) {
  const { t } = useI18n()
  return (
    <Link className={buttonClass(variant, true)} href="/scan">
      <Icon name="scan" />
      {t.home.scan}
    </Link>
  )
}

function AddButton({ variant }: Way) {
  const { t } = useI18n()
  return (
    <Link className={buttonClass(variant, true)} href="/add">
      <Icon name="add" />
      {t.home.add}
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
