import { buttonClass, Notice, Page, Spinner } from '@pass/ui'
import { useCallback, useState } from 'react'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { Back } from '../parts/back.tsx'
import { fetchActivity, fetchMine, isConnected } from './city.ts'
import { useWords } from './i18n.ts'
import { PlaceMap } from './map/city-map.tsx'
import { OUTLINES } from './map/outlines.ts'
import { span } from './moments.ts'
import { SignupPanel } from './signup-panel.tsx'
import { codeOf, Trouble } from './trouble.tsx'
import type { Activity, Signup } from './types.ts'
import { useLoading } from './use-loading.ts'
import './volunteering.css'

type Loaded = { activity: Activity; signup: Signup | undefined }

/** One activity: all that one needs to decide, and the one button. */
export default function ActivityPage({ id }: { id: string }) {
  const { t, local } = useWords()
  const { t: app } = useI18n()
  const load = useCallback(async (): Promise<Loaded> => {
    const [activity, signup] = await Promise.all([fetchActivity(id), mySignup(id)])
    return { activity, signup }
  }, [id])
  const [loading, again] = useLoading(load)
  const gone = loading.state === 'failed' && ['not_found', 'bad_request'].includes(codeOf(loading.error))
  const title =
    loading.state === 'ready'
      ? local(loading.value.activity.title)
      : gone
        ? t.activity.gone
        : t.activities.title
  return (
    <Page title={title} before={<Back href="/activities" />} narrow appName={app.app.name}>
      {loading.state === 'loading' && <Spinner>{t.activity.loading}</Spinner>}
      {loading.state === 'failed' && !gone && (
        <Trouble error={loading.error} onAgain={again} then={`/activities/${id}`} />
      )}
      {gone && (
        <>
          <p>{t.activity.goneNext}</p>
          <Link className={buttonClass('primary', true)} href="/activities">
            {t.activity.others}
          </Link>
        </>
      )}
      {loading.state === 'ready' && <Whole {...loading.value} onChange={again} />}
    </Page>
  )
}

/** Without a wallet that is connected, or without a network, an activity can be read all the same. */
async function mySignup(activityId: string): Promise<Signup | undefined> {
  if (!(await isConnected())) return undefined
  const mine = await fetchMine().catch(() => undefined)
  return mine?.signups.find(({ activity, status }) => activity.id === activityId && status !== 'withdrawn')
}

function Whole({ activity, signup, onChange }: Loaded & { onChange: () => Promise<void> }) {
  const { t, local, moment } = useWords()
  return (
    <>
      {activity.status === 'cancelled' && (
        <Notice tone="warning" title={t.activity.cancelled}>
          {activity.cancelReason && <p>{t.activity.cancelledWhy(activity.cancelReason)}</p>}
        </Notice>
      )}
      {signup && activity.movedAt !== null && (
        <Notice tone="warning">{t.activity.moved(moment(Date.parse(activity.movedAt)))}</Notice>
      )}
      <SignupPanel activity={activity} signup={signup} onChange={onChange} />
      <Facts activity={activity} />
      <section className="ui-panel" aria-labelledby="about">
        <h2 id="about">{t.activity.about}</h2>
        <p className="lines">{local(activity.description)}</p>
      </section>
      <section className="ui-panel" aria-labelledby="where">
        <h2 id="where">{t.activity.where}</h2>
        <address>
          <strong>{activity.place}</strong>
          <br />
          {activity.address}
        </address>
        <PlaceMap at={activity} label={t.map.place(activity.place)} />
        <p className="ui-hint">{t.map.source}</p>
      </section>
    </>
  )
}

function Facts({ activity }: { activity: Activity }) {
  const { t, local, language, number } = useWords()
  const words = t.activity
  const [now] = useState(Date.now)
  const { minAge, maxAge, placesLeft, places, pointsPerHour } = activity
  const district = OUTLINES.find(({ code }) => code === activity.districtCode)
  const facts: [label: string, value: string][] = [
    [words.when, span(language, activity.startsAt, activity.endsAt, now)],
    [words.where, district ? `${local(district.name)} ${activity.place}` : activity.place],
    [words.organisation, local(activity.organisation.name)],
    [words.places, words.placesOf(placesLeft, places)],
    [words.age, minAge === null && maxAge === null ? words.anyAge : words.ages(minAge, maxAge)],
    [words.credit, words.hours(activity.minutes)],
    [words.points, pointsPerHour > 0 ? words.perHour(number(pointsPerHour)) : words.noPoints],
    [words.school, activity.school ? words.schoolYes : words.schoolNo],
  ]
  return (
    <section className="ui-panel" aria-label={words.facts}>
      <dl className="ui-list">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
