import { Button, buttonClass, Checkbox, Notice, Page, Spinner, StatusBadge, Tabs } from '@pass/ui'
import { useState } from 'react'
import { Link } from 'wouter'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { ActDialog } from '../parts/act-dialog.tsx'
import { CheckIn } from './check-in.tsx'
import type { Activity as Activities } from './types.ts'
import { Volunteers } from './volunteers.tsx'

const TONE = { draft: 'neutral', published: 'success', cancelled: 'error' } as const

/** One activity: publish it, see who comes, let them in, confirm their hours. */
export default function Activity({ id }: { id: string }) {
  const { t, local, moment } = useI18n()
  const activity = useLoad(id, () => call<Activities>('GET', `/api/organiser/activities/${id}`))
  const [asking, setAsking] = useState<'publish' | 'cancel'>()
  const [following, setFollowing] = useState(false)
  const { data } = activity
  if (!data)
    return (
      <Page title={t.activities.title}>
        <Failure error={activity.error} onRetry={activity.reload} />
        {!activity.error && <Spinner>{t.loading}</Spinner>}
      </Page>
    )
  return (
    <Page
      title={local(data.title)}
      before={<Link href="/activities">{t.activities.back}</Link>}
      lead={`${moment(at(data.startsAt))} · ${data.place}`}
    >
      <p>
        <StatusBadge tone={TONE[data.status]}>{t.activities.states[data.status]}</StatusBadge>{' '}
        {t.activities.takenOf(data.taken, data.places)}
      </p>
      {data.status === 'draft' && <Notice tone="info">{t.activities.draftNext}</Notice>}
      {data.cancelReason && <Notice tone="warning">{data.cancelReason}</Notice>}
      {data.status !== 'cancelled' && (
        <div className="row-actions">
          {data.status === 'draft' && (
            <Button onClick={() => setAsking('publish')}>{t.activities.act.publish}</Button>
          )}
          <Link className={buttonClass('secondary')} href={`/activities/${id}/edit`}>
            {t.activities.edit}
          </Link>
          <Button variant="danger" onClick={() => setAsking('cancel')}>
            {t.activities.act.cancel}
          </Button>
        </div>
      )}
      {data.status === 'published' && (
        <Tabs
          label={local(data.title)}
          tabs={[
            { id: 'volunteers', label: t.activities.volunteers, content: <Volunteers activity={data} /> },
            { id: 'check-in', label: t.checkIn.title, content: <CheckIn id={id} /> },
          ]}
        />
      )}
      {asking && (
        <ActDialog
          title={t.activities.act[asking]}
          action={t.activities.act[asking]}
          danger={asking === 'cancel'}
          {...(asking === 'cancel'
            ? { reason: { label: t.payments.reason, hint: t.activities.cancelHint } }
            : {})}
          onClose={() => setAsking(undefined)}
          onAct={async (reason) => {
            await call('POST', `/api/organiser/activities/${id}/${asking}`, {
              ...(asking === 'cancel' ? { reason } : {}),
              ...(following ? { following } : {}),
            })
            setAsking(undefined)
            activity.reload()
          }}
        >
          <p>{t.activities.confirm[asking]}</p>
          {data.seriesId !== null && (
            <Checkbox label={t.activities.following} checked={following} onChange={setFollowing} />
          )}
        </ActDialog>
      )}
    </Page>
  )
}
