import { Button } from '@pass/ui'
import { calendarFile } from './calendar-file.ts'
import { useWords } from './i18n.ts'
import { saveFile } from './save-file.ts'
import type { Activity } from './types.ts'

/** Gives the activity to the phone's own calendar, which reminds also when the wallet is closed. */
export function CalendarButton({ activity }: { activity: Activity }) {
  const { t, local } = useWords()
  function save() {
    const title = local(activity.title)
    const words = {
      title,
      description: `${local(activity.description)}\n${location.origin}/wallet/activities/${activity.id}`,
      reminder: t.activity.calendarReminder(title),
    }
    const file = calendarFile(activity, words, Date.now(), location.host)
    saveFile(new Blob([file], { type: 'text/calendar;charset=utf-8' }), `${title}.ics`)
  }
  return (
    <Button variant="secondary" onClick={save}>
      {t.activity.calendar}
    </Button>
  )
}
