import { buttonClass, EmptyState, Page, Spinner } from '@pass/ui'
import { Link } from 'wouter'
import { toFailure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import { Back } from '../parts/back.tsx'
import { CardFace } from '../parts/card-face.tsx'
import { FailurePage } from '../parts/failure-page.tsx'
import { useCards, usePending } from '../parts/use-stored.ts'
import { useLoading } from '../volunteering/use-loading.ts'
import { useWords } from './i18n.ts'
import { fetchOfferedCards, type OfferedCard, pathOf, standingOf } from './offered.ts'

/** The cards that the city gives to whoever signs in, each with its office. */
export default function Add() {
  const { t: app } = useI18n()
  const { t } = useWords()
  const [offered, again] = useLoading(fetchOfferedCards)
  if (offered.state === 'failed') return <FailurePage failure={toFailure(offered.error)} onAgain={again} />
  const none = offered.state === 'ready' && offered.value.length === 0
  return (
    <Page
      title={t.list.title}
      lead={none ? undefined : t.list.lead}
      narrow
      appName={app.app.name}
      before={<Back href="/" />}
    >
      {offered.state === 'loading' && <Spinner>{t.list.loading}</Spinner>}
      {none && (
        <EmptyState title={t.list.none}>
          <p>{t.list.noneNext}</p>
        </EmptyState>
      )}
      {offered.state === 'ready' && offered.value.length > 0 && <Cards cards={offered.value} />}
      <div className="ui-stack tight">
        <p>{t.list.byCode}</p>
        <Link className={buttonClass('secondary', true)} href="/scan">
          {app.home.scan}
        </Link>
      </div>
    </Page>
  )
}

function Cards({ cards }: { cards: OfferedCard[] }) {
  const { t } = useWords()
  const standing = useStanding()
  return (
    <ul className="card-list card-choices" aria-label={t.list.cards}>
      {cards.map((card) => (
        <li key={`${card.issuer.id} ${card.configurationId}`}>
          <Link className="card-link" href={pathOf(card.issuer.id, card.configurationId) ?? '/scan'}>
            <CardFace display={card.display} issuer={card.issuer} status={standing(card)} />
          </Link>
        </li>
      ))}
    </ul>
  )
}

function useStanding(): (card: OfferedCard) => string {
  const { t } = useWords()
  const cards = useCards()
  const pending = usePending()
  const held = cards.state === 'ready' ? cards.value : []
  const waiting = pending.state === 'ready' ? pending.value : []
  return (card) => {
    const { at } = standingOf(card, held, waiting, Date.now())
    if (at === 'held') return t.list.held
    if (at === 'waiting') return t.list.waiting
    return card.approved ? t.list.approved : ''
  }
}
