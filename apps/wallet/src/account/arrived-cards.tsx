import { Button, Notice } from '@pass/ui'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { type ArrivedCard, dismissNews, type RefusedCard, useNews } from './arrivals.ts'

/** What became of cards while nobody looked: those that came, and those that will not. `quiet` keeps it back. */
export function ArrivedCards({ quiet }: { quiet: boolean }) {
  const { arrived, refused } = useNews()
  if (quiet) return null
  return (
    <>
      {arrived.length > 0 && <Arrived cards={arrived} />}
      {refused.length > 0 && <Refused cards={refused} />}
    </>
  )
}

function Arrived({ cards }: { cards: readonly ArrivedCard[] }) {
  const { t, local } = useI18n()
  const [only] = cards
  return (
    <aside className="banner" aria-label={t.arrived.title}>
      <Notice tone="success" role="status" title={t.arrived.title}>
        <p>{cards.map(({ name }) => local(name)).join(', ')}</p>
        <div className="ui-row">
          <Link
            className="ui-button ui-button-secondary"
            href={cards.length === 1 && only ? `/cards/${only.id}` : '/'}
            onClick={() => dismissNews('arrived')}
          >
            {t.arrived.look}
          </Link>
          <Button variant="text" onClick={() => dismissNews('arrived')}>
            {t.arrived.close}
          </Button>
        </div>
      </Notice>
    </aside>
  )
}

function Refused({ cards }: { cards: readonly RefusedCard[] }) {
  const { t, local } = useI18n()
  return (
    <aside className="banner" aria-label={t.arrived.refused}>
      <Notice tone="warning" role="status" title={t.arrived.refused}>
        {cards.map(({ name, reason }, index) => (
          <p key={index}>
            {reason === undefined
              ? t.arrived.withoutReason(local(name))
              : t.arrived.because(local(name), reason)}
          </p>
        ))}
        <p>{t.arrived.refusedNext}</p>
        <div className="ui-row">
          <Button variant="text" onClick={() => dismissNews('refused')}>
            {t.arrived.close}
          </Button>
        </div>
      </Notice>
    </aside>
  )
}
