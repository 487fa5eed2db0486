import { Button, Notice } from '@pass/ui'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { dismissArrivals, useArrivals } from './arrivals.ts'

/** Cards that came by themselves, with the way to them. `quiet` keeps it back. */
export function ArrivedCards({ quiet }: { quiet: boolean }) {
  const { t, local } = useI18n()
  const cards = useArrivals()
  if (quiet || cards.length === 0) return null
  const [only] = cards
  return (
    <aside className="banner" aria-label={t.arrived.title}>
      <Notice tone="success" role="status" title={t.arrived.title}>
        <p>{cards.map(({ name }) => local(name)).join(', ')}</p>
        <div className="ui-row">
          <Link
            className="ui-button ui-button-secondary"
            href={cards.length === 1 && only ? `/cards/${only.id}` : '/'}
            onClick={dismissArrivals}
          >
            {t.arrived.look}
          </Link>
          <Button variant="text" onClick={dismissArrivals}>
            {t.arrived.close}
          </Button>
        </div>
      </Notice>
    </aside>
  )
}
