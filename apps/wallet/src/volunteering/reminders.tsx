import { Notice } from '@pass/ui'
import { useState } from 'react'
import { Link } from 'wouter'
import { keptMine } from './city.ts'
import { remindersOf } from './due.ts'
import { useWords } from './i18n.ts'
import { timeOfDay } from './moments.ts'
import { useLoading } from './use-loading.ts'

/** What the citizen has promised for today and tomorrow, as this device last knew it: it needs no network. */
export default function Reminders() {
  const { t, local, language } = useWords()
  const [mine] = useLoading(keptMine)
  const [now] = useState(Date.now)
  const due = mine.state === 'ready' && mine.value ? remindersOf(mine.value.signups, now) : []
  if (due.length === 0) return null
  return (
    <Notice tone="info">
      {due.map(({ signup: { id, activity }, when }) => (
        <p key={id}>
          <Link href={`/activities/${activity.id}`}>
            {t.mine[when](local(activity.title), timeOfDay(language, Date.parse(activity.startsAt)))}
          </Link>
        </p>
      ))}
    </Notice>
  )
}
