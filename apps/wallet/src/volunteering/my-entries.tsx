import { Button, StatusBadge, type Tone } from '@pass/ui'
import { useState } from 'react'
import { Link } from 'wouter'
import { fetchCertificate } from './city.ts'
import { Dispute } from './dispute.tsx'
import { useWords } from './i18n.ts'
import { dayWithWeekday, span } from './moments.ts'
import { saveFile } from './save-file.ts'
import { Trouble } from './trouble.tsx'
import type { Hours, Signup } from './types.ts'

/** A sign-up in a list, with where it stands in words. */
export function SignupEntry({ signup, onChange }: { signup: Signup; onChange?: () => Promise<void> }) {
  const { t, local, language } = useWords()
  const [now] = useState(Date.now)
  const { activity, attendance } = signup
  const standing = useStanding()(signup)
  const over = Date.parse(activity.endsAt) <= now
  return (
    <li className="entry">
      <div className="entry-head">
        <h3>
          <Link href={`/activities/${activity.id}`}>{local(activity.title)}</Link>
        </h3>
        {standing && <StatusBadge tone={standing.tone}>{standing.words}</StatusBadge>}
      </div>
      <p>{span(language, activity.startsAt, activity.endsAt, now)}</p>
      <p>{activity.place}</p>
      {over && onChange && attendance && attendance.status !== 'disputed' && (
        <Dispute signupId={signup.id} label={t.mine.dispute} onSent={onChange} />
      )}
    </li>
  )
}

function useStanding() {
  const { t } = useWords()
  return ({
    status,
    position,
    activity,
    attendance,
  }: Signup): { tone: Tone | 'neutral'; words: string } | undefined => {
    if (activity.status === 'cancelled' || status === 'cancelled')
      return { tone: 'warning', words: t.mine.cancelled }
    if (status === 'waiting') return { tone: 'neutral', words: t.mine.position(position ?? 1) }
    if (status === 'consent') return { tone: 'warning', words: t.mine.asked }
    switch (attendance?.status) {
      case undefined:
        return undefined
      case 'present':
      case 'left':
        return { tone: 'info', words: t.mine.unconfirmed }
      case 'disputed':
        return { tone: 'info', words: t.mine.disputed }
      case 'refused':
        return { tone: 'error', words: t.mine.refused }
      case 'confirmed':
        return { tone: 'success', words: t.mine.confirmed }
    }
  }
}

/** Hours on the record, with the certificate to take along. */
export function HoursEntry({
  hours,
  signup,
  onChange,
}: {
  hours: Hours
  signup: Signup | undefined
  onChange: () => Promise<void>
}) {
  const { t, local, language, number } = useWords()
  const words = t.mine
  const [now] = useState(Date.now)
  const [busy, setBusy] = useState(false)
  const [saved, setSaved] = useState(false)
  const [error, setError] = useState<unknown>()

  async function certificate() {
    setBusy(true)
    setError(undefined)
    try {
      saveFile(
        await fetchCertificate(hours.id),
        `${words.certificateName} ${hours.date} ${local(hours.title)}.pdf`,
      )
      setSaved(true)
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }

  return (
    <li className="entry">
      <div className="entry-head">
        <h3>{local(hours.title)}</h3>
        <StatusBadge tone="success">
          {words.confirmed} {words.hours(hours.minutes)}
        </StatusBadge>
      </div>
      <p>
        {/* Noon in Seoul: the same day wherever the device thinks it is. */}
        {dayWithWeekday(language, Date.parse(`${hours.date}T12:00:00+09:00`), now)} · {hours.organisation}
      </p>
      <p className="ui-row tight">
        {hours.points !== null && <span>{words.earned(number(Number(hours.points)))}</span>}
        {hours.school && <StatusBadge tone="neutral">{t.activities.school}</StatusBadge>}
      </p>
      {hours.withheld !== null && <p className="ui-hint">{words.withheld}</p>}
      <div className="no-print">
        <Button variant="secondary" busy={busy} onClick={certificate}>
          {busy ? words.certificateMaking : words.certificate}
        </Button>
      </div>
      {signup && Date.parse(signup.activity.endsAt) <= now && (
        <Dispute signupId={signup.id} label={words.dispute} onSent={onChange} />
      )}
      <div role="status">{saved && words.certificateDone}</div>
      {error !== undefined && <Trouble error={error} onAgain={certificate} then="/my-activities" />}
    </li>
  )
}
