import { Button, buttonClass, EmptyState, Notice, Page, Progress, Spinner } from '@pass/ui'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { fetchMine, type Mine } from './city.ts'
import { useWords } from './i18n.ts'
import { HoursEntry, SignupEntry } from './my-entries.tsx'
import Reminders from './reminders.tsx'
import { seoulDate } from './seoul-time.ts'
import { Trouble } from './trouble.tsx'
import type { Hours, MyVolunteering, Signup } from './types.ts'
import { useLoading } from './use-loading.ts'
import './volunteering.css'

/** What a citizen has promised, is waiting for, and has done. */
export default function MyActivities() {
  const { t } = useWords()
  const { t: app } = useI18n()
  const [mine, again] = useLoading(fetchMine)
  return (
    <Page title={t.mine.title} narrow appName={app.app.name}>
      {mine.state === 'loading' && <Spinner>{t.mine.loading}</Spinner>}
      {mine.state === 'failed' && <Trouble error={mine.error} onAgain={again} then="/my-activities" />}
      {mine.state === 'ready' && <Everything mine={mine.value} onChange={again} />}
      <div className="ui-row no-print">
        <Link className={buttonClass('secondary')} href="/activities">
          {t.mine.find}
        </Link>
        <Link className={buttonClass('secondary')} href="/groups">
          {t.mine.groups}
        </Link>
        <Link className={buttonClass('secondary')} href="/consent">
          {t.consent.mine}
        </Link>
      </div>
    </Page>
  )
}

function Everything({ mine, onChange }: { mine: Mine; onChange: () => Promise<void> }) {
  const { t, moment } = useWords()
  const words = t.mine
  const { upcoming, waiting, open } = sorted(mine.signups, Date.now())
  if (mine.signups.length === 0 && mine.hours.length === 0)
    return (
      <EmptyState title={words.empty}>
        <p>{words.emptyNext}</p>
      </EmptyState>
    )
  return (
    <>
      {mine.asOf !== undefined && <Notice tone="info">{words.offline(moment(mine.asOf))}</Notice>}
      <Reminders />
      <Totals mine={mine} />
      <Entries title={words.upcoming} signups={upcoming} />
      <Entries title={words.waiting} signups={waiting} />
      <section className="ui-stack" aria-labelledby="past">
        <h2 id="past">{words.past}</h2>
        {open.length + mine.hours.length === 0 && <p>{words.noPast}</p>}
        <ul className="activity">
          {open.map((signup) => (
            <SignupEntry key={signup.id} signup={signup} onChange={onChange} />
          ))}
          {mine.hours.map((hours) => (
            <HoursEntry
              key={hours.id}
              hours={hours}
              signup={mine.signups.find((signup) => isOf(signup, hours))}
              onChange={onChange}
            />
          ))}
        </ul>
      </section>
      {mine.hours.length > 0 && (
        <div className="no-print">
          <Button variant="secondary" onClick={() => window.print()}>
            {words.print}
          </Button>
        </div>
      )}
    </>
  )
}

/** By what comes next; `open` is what is over without its hours being on the record yet. */
function sorted(signups: readonly Signup[], now: number) {
  const byStart = (a: Signup, b: Signup) => Date.parse(a.activity.startsAt) - Date.parse(b.activity.startsAt)
  const alive = signups.filter(({ status }) => status !== 'withdrawn')
  const isOver = ({ activity }: Signup) => Date.parse(activity.endsAt) <= now
  const isWaiting = ({ status }: Signup) => status === 'waiting' || status === 'consent'
  // Approved before its end, when an organiser closes early: it stands among the hours.
  const coming = alive
    .filter((signup) => !isOver(signup) && signup.attendance?.status !== 'confirmed')
    .sort(byStart)
  return {
    upcoming: coming.filter((signup) => !isWaiting(signup)),
    waiting: coming.filter(isWaiting),
    open: alive
      .filter((signup) => isOver(signup) && signup.attendance && signup.attendance.status !== 'confirmed')
      .sort(byStart)
      .reverse(),
  }
}

/** The sign-up that hours came from; imported hours have none. */
function isOf({ activity, attendance }: Signup, { title, date }: Hours): boolean {
  return (
    attendance?.status === 'confirmed' &&
    activity.title.ko === title.ko &&
    seoulDate(Date.parse(activity.startsAt)) === date
  )
}

function Totals({ mine: { totals, nextBadge } }: { mine: MyVolunteering }) {
  const { t } = useWords()
  const words = t.mine
  return (
    <section className="ui-panel" aria-labelledby="totals">
      <h2 id="totals">{words.totals}</h2>
      <dl className="ui-list">
        <div>
          <dt>{words.total}</dt>
          <dd className="party">{words.hours(totals.minutes)}</dd>
        </div>
        <div>
          <dt>{words.schoolTotal}</dt>
          <dd>{words.hours(totals.schoolMinutes)}</dd>
        </div>
      </dl>
      {nextBadge ? (
        <Progress
          label={words.badge(words.hours(nextBadge.hours * 60), words.hours(nextBadge.minutesLeft))}
          value={nextBadge.hours * 60 - nextBadge.minutesLeft}
          max={nextBadge.hours * 60}
        />
      ) : (
        <p>{words.allBadges}</p>
      )}
    </section>
  )
}

function Entries({ title, signups }: { title: string; signups: readonly Signup[] }) {
  if (signups.length === 0) return null
  return (
    <section className="ui-stack">
      <h2>{title}</h2>
      <ul className="activity">
        {signups.map((signup) => (
          <SignupEntry key={signup.id} signup={signup} />
        ))}
      </ul>
    </section>
  )
}
