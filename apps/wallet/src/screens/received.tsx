import type { Received as Outcome } from '@pass/holder'
import { buttonClass, Page } from '@pass/ui'
import { Link } from 'wouter'
import { useWords } from '../adding/i18n.ts'
import { useI18n } from '../i18n.ts'
import { CardFace } from '../parts/card-face.tsx'
import { WaitingCard } from '../parts/waiting-card.tsx'

/** The cards that came, and those that an office still has to approve. */
export function Received({ credentials, waiting }: Outcome) {
  const { t } = useI18n()
  const { t: words } = useWords()
  const applied = waiting.length > 0
  // With both, the waiting one is what needs saying: the other is in sight.
  const title = applied ? words.applied.title : t.receive.done
  return (
    <Page title={title} lead={applied ? words.applied.lead : t.receive.doneLead} narrow appName={t.app.name}>
      {credentials.map((card) => (
        <CardFace key={card.id} {...card} />
      ))}
      {waiting.map((pending) => (
        <WaitingCard key={pending.id} pending={pending} />
      ))}
      {applied && <p className="ui-hint">{words.applied.hint}</p>}
      <Link className={buttonClass('primary', true)} href="/" replace>
        {t.receive.toCards}
      </Link>
    </Page>
  )
}
