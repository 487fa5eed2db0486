import type { PendingIssuance } from '@pass/holder'
import { useI18n } from '../i18n.ts'

/** A card that was applied for: its name, its office and since when; in outline, for it is not there yet. */
export function WaitingCard({ pending }: { pending: PendingIssuance }) {
  const { t, local, day } = useI18n()
  return pending.configurations.map(({ id, name, deferred }) => (
    <div key={id} className="card-face card-waiting">
      <span className="card-name">{local(name)}</span>
      <span>{local(pending.issuer.name)}</span>
      <span className="card-foot">
        <span>{t.waiting.since(day(deferred?.since ?? pending.startedAt))}</span>
        <span className="card-status">{t.waiting.status}</span>
      </span>
    </div>
  ))
}
