import { BarChart, buttonClass, EmptyState, Page, StatusBadge, Table } from '@pass/ui'
import { Link } from 'wouter'
import { call } from '../api.ts'
import { dateOf } from '../dates.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import type { Activity } from './types.ts'

const TONE = { draft: 'neutral', published: 'success', cancelled: 'error' } as const
const DAY_MS = 24 * 60 * 60 * 1000

/** What an organisation calls for: drafts, what is coming, what was. */
export default function Activities() {
  const { t, local, moment } = useI18n()
  const activities = useLoad('activities', () => call<Activity[]>('GET', '/api/organiser/activities'))
  return (
    <Page title={t.activities.title}>
      <Link className={buttonClass('primary')} href="/activities/new">
        {t.activities.new}
      </Link>
      <Failure error={activities.error} onRetry={activities.reload} />
      {activities.data?.length === 0 && (
        <EmptyState title={t.activities.none}>{t.activities.noneNext}</EmptyState>
      )}
      {activities.data && activities.data.length > 0 && (
        <>
          <Table
            caption={t.activities.title}
            rows={activities.data}
            rowKey={({ id }) => id}
            columns={[
              {
                key: 'title',
                header: t.activities.name,
                cell: ({ id, title }) => <Link href={`/activities/${id}`}>{local(title)}</Link>,
              },
              { key: 'when', header: t.activities.when, cell: ({ startsAt }) => moment(at(startsAt)) },
              { key: 'place', header: t.activities.place, cell: ({ place }) => place },
              {
                key: 'taken',
                header: t.activities.taken,
                cell: ({ taken, places, waiting }) =>
                  waiting > 0
                    ? t.activities.takenWaiting(taken, places, waiting)
                    : t.activities.takenOf(taken, places),
              },
              {
                key: 'status',
                header: t.payments.status,
                cell: ({ status }) => (
                  <StatusBadge tone={TONE[status]}>{t.activities.states[status]}</StatusBadge>
                ),
              },
            ]}
          />
          <BarChart
            title={t.activities.weeks}
            columns={{ label: t.programmes.week, value: t.activities.volunteers }}
            tableLabel={t.asTable}
            bars={volunteersByWeek(activities.data)}
          />
        </>
      )}
    </Page>
  )
}

/** How many volunteers the weeks have from the earliest to the latest activity, at most the last twelve. */
function volunteersByWeek(activities: readonly Activity[]) {
  const byWeek = new Map<string, number>()
  const shown = activities.filter(({ status }) => status === 'published')
  for (const { startsAt, taken } of shown) {
    const week = mondayOf(at(startsAt))
    byWeek.set(week, (byWeek.get(week) ?? 0) + taken)
  }
  const weeks = [...byWeek.keys()].sort()
  const [first] = weeks
  const last = weeks.at(-1)
  if (first === undefined || last === undefined) return []
  const bars = []
  for (let day = Date.parse(first); day <= Date.parse(last); day += 7 * DAY_MS) {
    const key = new Date(day).toISOString().slice(0, 10)
    bars.push({ key, label: key.slice(5).replace('-', '/'), value: byWeek.get(key) ?? 0 })
  }
  return bars.slice(-12)
}

function mondayOf(time: number): string {
  const day = Date.parse(dateOf(time))
  const weekday = (new Date(day).getUTCDay() + 6) % 7
  return new Date(day - weekday * DAY_MS).toISOString().slice(0, 10)
}
