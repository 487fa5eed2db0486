import type { ActivityEntry } from '@pass/holder'
import { EmptyState, Page, Spinner, StatusBadge, type Tone } from '@pass/ui'
import type { Failure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import { StorageNotice } from '../parts/failure-page.tsx'
import { useActivity } from '../parts/use-stored.ts'
import { refusalText } from './present-result.tsx'

const TONES: Record<ActivityEntry['kind'], Tone | 'neutral'> = {
  received: 'success',
  presented: 'success',
  refused: 'error',
  failed: 'error',
  declined: 'neutral',
  deleted: 'neutral',
  applied: 'info',
  rejected: 'warning',
}

/** What is no answer to anybody's question. */
const HERE_ONLY: ActivityEntry['kind'][] = ['received', 'deleted', 'applied', 'rejected']

/** What happened on this device, failures too; names of what was shown, never values. */
export default function Activity() {
  const { t } = useI18n()
  const activity = useActivity()
  return (
    <Page title={t.activity.title} lead={t.activity.lead} narrow appName={t.app.name}>
      {activity.state === 'loading' && <Spinner>{t.app.loading}</Spinner>}
      {activity.state === 'failed' && <StorageNotice />}
      {activity.state === 'ready' && activity.value.length === 0 && (
        <EmptyState title={t.activity.empty}>
          <p>{t.activity.emptyNext}</p>
        </EmptyState>
      )}
      {activity.state === 'ready' && activity.value.length > 0 && (
        <ol className="activity">
          {activity.value.map((entry) => (
            <li key={entry.id}>
              <Entry entry={entry} />
            </li>
          ))}
        </ol>
      )}
    </Page>
  )
}

function Entry({ entry }: { entry: ActivityEntry }) {
  const { t, local, moment } = useI18n()
  const reason = useReason(entry)
  const presenting = !HERE_ONLY.includes(entry.kind)
  const cards = entry.credentials.map(({ name }) => local(name)).join(', ')
  const labels = entry.credentials.flatMap(({ claims }) => claims.map(({ label }) => local(label))).join(', ')
  return (
    <article className="entry">
      <div className="entry-head">
        <StatusBadge tone={TONES[entry.kind]}>{t.activity.kinds[entry.kind]}</StatusBadge>
        <time className="ui-hint" dateTime={new Date(entry.at).toISOString()}>
          {moment(entry.at)}
        </time>
      </div>
      <h2 className="entry-party">{local(entry.party.name)}</h2>
      {cards && <p>{cards}</p>}
      {presenting && labels && (
        <p>
          {entry.shared ? t.activity.shown : t.activity.asked}: {labels}
        </p>
      )}
      {entry.purpose && (
        <p className="ui-hint">
          {t.activity.purpose}: {local(entry.purpose)}
        </p>
      )}
      {reason && <p>{reason}</p>}
      {presenting && <p className="ui-hint">{entry.shared ? t.activity.shared : t.activity.notShared}</p>}
    </article>
  )
}

/** Why it did not work: an officer's own words, a verifier's code when it refused, ours when it failed. */
function useReason({ kind, code, reason }: ActivityEntry): string | undefined {
  const { t } = useI18n()
  if (kind === 'rejected') return reason === undefined ? undefined : t.activity.reason(reason)
  if (kind === 'refused') return refusalText(t.failure.refusals, code)?.title
  if (kind !== 'failed') return undefined
  const known = code !== undefined && code in t.failure.codes ? (code as Failure['code']) : 'unexpected'
  return t.failure.codes[known].title
}
