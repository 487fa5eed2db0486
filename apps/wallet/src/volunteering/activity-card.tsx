import { StatusBadge } from '@pass/ui'
import { Link } from 'wouter'
import { spokenDistance } from './distance.ts'
import type { Found } from './find.ts'
import { useWords } from './i18n.ts'
import { span } from './moments.ts'

/** An activity in a list: enough to tell whether one would like to know more. */
export function ActivityCard({ activity, now }: { activity: Found; now: number }) {
  const { t, local, language, number } = useWords()
  const words = t.activities
  const { id, title, startsAt, endsAt, place, placesLeft, pointsPerHour, school, distance } = activity
  return (
    <li className="offer">
      <h2>
        <Link href={`/activities/${id}`}>{local(title)}</Link>
      </h2>
      <p className="offer-when">{span(language, startsAt, endsAt, now)}</p>
      <p>
        {place}
        {distance !== undefined && ` · ${words.away(spokenDistance(distance))}`}
      </p>
      <p className="ui-row tight">
        <StatusBadge tone={placesLeft > 0 ? 'success' : 'neutral'}>
          {placesLeft > 0 ? words.left(placesLeft) : words.full}
        </StatusBadge>
        {pointsPerHour > 0 && <StatusBadge tone="info">{words.points(number(pointsPerHour))}</StatusBadge>}
        {school && <StatusBadge tone="neutral">{words.school}</StatusBadge>}
      </p>
    </li>
  )
}

/** A list that grows on demand: a phone need not draw five hundred. */
export function ActivityList({
  activities,
  most,
  onMore,
  now,
}: {
  activities: readonly Found[]
  most: number
  onMore: () => void
  now: number
}) {
  const { t } = useWords()
  const rest = activities.length - most
  return (
    <>
      <ul className="activity">
        {activities.slice(0, most).map((activity) => (
          <ActivityCard key={activity.id} activity={activity} now={now} />
        ))}
      </ul>
      {rest > 0 && (
        <button type="button" className="ui-button ui-button-secondary ui-button-wide" onClick={onMore}>
          {t.activities.more(Math.min(rest, PAGE))}
        </button>
      )}
    </>
  )
}

export const PAGE = 30
