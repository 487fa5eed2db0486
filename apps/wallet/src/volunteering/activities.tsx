import { Button, buttonClass, EmptyState, Notice, Page, Spinner, Tabs } from '@pass/ui'
import { useState } from 'react'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { ActivityList, PAGE } from './activity-card.tsx'
import { fetchActivities } from './city.ts'
import { ANYTHING, type Found, find, type Wish } from './find.ts'
import { useWords } from './i18n.ts'
import { CityMap } from './map/city-map.tsx'
import { span } from './moments.ts'
import Reminders from './reminders.tsx'
import { Trouble } from './trouble.tsx'
import type { Activity } from './types.ts'
import { useLoading } from './use-loading.ts'
import { usePosition, type Whereabouts } from './use-position.ts'
import { WishForm } from './wish-form.tsx'
import './volunteering.css'

/** What was looked for, for who comes back from an activity. It lasts as long as the page is open. */
let kept: { wish: Wish; view: string; most: number } = { wish: ANYTHING, view: 'list', most: PAGE }

/** Activities to help with: as a list and on a map, by whatever one wishes. */
export default function Activities() {
  const { t } = useWords()
  const { t: app } = useI18n()
  const [list, again] = useLoading(fetchActivities)
  return (
    <Page title={t.activities.title} narrow appName={app.app.name}>
      <Reminders />
      <div className="ui-row">
        <Link className={buttonClass('secondary')} href="/my-activities">
          {t.activities.mine}
        </Link>
        <Link className={buttonClass('secondary')} href="/check-in">
          {t.activities.checkIn}
        </Link>
      </div>
      {list.state === 'loading' && <Spinner>{t.activities.loading}</Spinner>}
      {list.state === 'failed' && <Trouble error={list.error} onAgain={again} then="/activities" />}
      {list.state === 'ready' && list.value.length === 0 && (
        <EmptyState title={t.activities.empty}>
          <p>{t.activities.emptyNext}</p>
        </EmptyState>
      )}
      {list.state === 'ready' && list.value.length > 0 && <Search activities={list.value} />}
    </Page>
  )
}

function Search({ activities }: { activities: readonly Activity[] }) {
  const { t, language, local } = useWords()
  const [{ wish, view, most }, setShown] = useState(kept)
  const [chosen, setChosen] = useState<string[]>([])
  const [now] = useState(Date.now)
  const whereabouts = usePosition(wish.order === 'nearest')
  const here = whereabouts.state === 'known' ? whereabouts.position : undefined
  const found = find(activities, wish, now, here)

  function show(part: Partial<typeof kept>) {
    kept = { wish, view, most, ...part }
    setShown(kept)
  }
  const pins = found.map((activity) => ({
    id: activity.id,
    at: activity,
    label: `${local(activity.title)}, ${span(language, activity.startsAt, activity.endsAt, now)}, ${activity.place}`,
    href: `/activities/${activity.id}`,
  }))
  const list = (activities: readonly Found[]) => (
    <ActivityList activities={activities} most={most} onMore={() => show({ most: most + PAGE })} now={now} />
  )
  const together = found.filter(({ id }) => chosen.includes(id))
  return (
    <>
      <WishForm wish={wish} onChange={(next) => show({ wish: next, most: PAGE })} />
      <Position whereabouts={whereabouts} />
      <p role="status">
        <strong>{t.activities.count(found.length)}</strong>
      </p>
      {found.length === 0 ? (
        <EmptyState
          title={t.activities.none}
          action={
            <Button variant="secondary" onClick={() => show({ wish: ANYTHING })}>
              {t.activities.clear}
            </Button>
          }
        >
          <p>{t.activities.noneNext}</p>
        </EmptyState>
      ) : (
        <Tabs
          label={t.activities.views}
          selected={view}
          onSelect={(id) => show({ view: id })}
          tabs={[
            { id: 'list', label: t.activities.list, content: list(found) },
            {
              id: 'map',
              label: t.activities.map,
              content: (
                <div className="ui-stack">
                  <CityMap pins={pins} districtCode={wish.districtCode} here={here} onChoose={setChosen} />
                  <div role="status">{together.length > 0 && <h2>{t.map.here(together.length)}</h2>}</div>
                  {together.length > 0 && list(together)}
                </div>
              ),
            },
          ]}
        />
      )}
    </>
  )
}

function Position({ whereabouts: { state } }: { whereabouts: Whereabouts }) {
  const { t } = useWords()
  switch (state) {
    case 'unasked':
      return null
    case 'asking':
      return <Spinner>{t.activities.locating}</Spinner>
    case 'known':
      return (
        <Notice tone="info" role="status">
          {t.activities.located}
        </Notice>
      )
    case 'denied':
      return (
        <Notice tone="warning" role="alert" title={t.activities.positionDenied}>
          {t.activities.positionDeniedNext}
        </Notice>
      )
    case 'unavailable':
      return (
        <Notice tone="warning" role="alert" title={t.activities.positionUnavailable}>
          {t.activities.positionUnavailableNext}
        </Notice>
      )
  }
}
