import { Button, EmptyState, Notice, StatusBadge, Table, TextField } from '@pass/ui'
import { useState } from 'react'
import { ApiError, call } from '../api.ts'
import { dateOf, timeOf, timestampOf } from '../dates.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad, usePoll } from '../load.ts'
import { ActDialog } from '../parts/act-dialog.tsx'
import type { Activity, Volunteer } from './types.ts'

const TONE = {
  consent: 'warning',
  signed: 'info',
  waiting: 'neutral',
  withdrawn: 'neutral',
  cancelled: 'neutral',
} as const

/** Who signed up, who was there, and the hours to be confirmed: one by one, or all that are right as they are. */
export function Volunteers({ activity }: { activity: Activity }) {
  const { t, local } = useI18n()
  const { id } = activity
  const list = useLoad(`volunteers ${id}`, () =>
    call<Volunteer[]>('GET', `/api/organiser/activities/${id}/signups`),
  )
  // Those at the door sign in while this page is open.
  usePoll(true, 3000, async () => list.reload())
  const [changed, setChanged] = useState<Record<string, string>>({})
  const [byHand, setByHand] = useState<Volunteer>()
  const [noted, setNoted] = useState<Volunteer[]>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const [done, setDone] = useState(0)

  const minutesOf = ({ signupId, attendance }: Volunteer) =>
    Number(changed[signupId] ?? attendance?.proposed ?? 0)
  const ready = (list.data ?? []).filter(({ attendance }) => attendance?.status === 'left')
  const confirm = async (volunteers: Volunteer[], note?: string) => {
    setBusy(true)
    setError(undefined)
    setDone(0)
    try {
      const hours = volunteers.map((one) => ({
        signupId: one.signupId,
        minutes: minutesOf(one),
        ...(note === undefined ? {} : { note }),
      }))
      await call('POST', `/api/organiser/activities/${id}/confirm`, { hours })
      setDone(hours.length)
      list.reload()
    } catch (failure) {
      if (!isNoteNeeded(failure)) setError(failure)
      else setNoted(volunteers)
    } finally {
      setBusy(false)
    }
  }

  return (
    <div className="ui-stack">
      <Failure error={list.error ?? error} />
      <div role="status">{done > 0 && <Notice tone="success">{t.volunteers.done(done)}</Notice>}</div>
      {list.data?.length === 0 && <EmptyState title={t.volunteers.none}>{t.volunteers.noneNext}</EmptyState>}
      {ready.length > 1 && (
        <Button busy={busy} onClick={() => void confirm(ready)}>
          {t.volunteers.confirmAll(ready.length)}
        </Button>
      )}
      {list.data && list.data.length > 0 && (
        <Table
          caption={t.activities.volunteers}
          rows={list.data}
          rowKey={({ signupId }) => signupId}
          columns={[
            {
              key: 'name',
              header: t.staff.name,
              cell: ({ name, group }) => (group ? `${name} (${group})` : name),
            },
            {
              key: 'status',
              header: t.payments.status,
              cell: ({ status, attendance }) => (
                <StatusBadge tone={attendance?.status === 'confirmed' ? 'success' : TONE[status]}>
                  {attendance ? t.volunteers.attendance[attendance.status] : t.volunteers.states[status]}
                </StatusBadge>
              ),
            },
            {
              key: 'present',
              header: t.disputes.present,
              cell: ({ attendance }) =>
                attendance
                  ? `${timeOf(at(attendance.checkedInAt))} – ${
                      attendance.checkedOutAt ? timeOf(at(attendance.checkedOutAt)) : '…'
                    }`
                  : '–',
            },
            {
              key: 'minutes',
              header: t.activities.time,
              cell: (one) =>
                one.attendance?.status === 'left' ? (
                  <TextField
                    label={t.volunteers.minutesOf(one.name)}
                    type="number"
                    min={0}
                    value={changed[one.signupId] ?? String(one.attendance.proposed)}
                    onChange={(value) => setChanged((before) => ({ ...before, [one.signupId]: value }))}
                  />
                ) : one.attendance?.minutes == null ? (
                  '–'
                ) : (
                  t.activities.minutes(one.attendance.minutes)
                ),
            },
            {
              key: 'act',
              header: t.payments.act,
              cell: (one) => (
                <div className="row-actions">
                  {one.attendance?.status === 'left' && (
                    <Button
                      busy={busy}
                      aria-label={t.volunteers.confirmOf(one.name)}
                      onClick={() => void confirm([one])}
                    >
                      {t.volunteers.confirm}
                    </Button>
                  )}
                  {one.status === 'signed' &&
                    (!one.attendance || ['present', 'left'].includes(one.attendance.status)) && (
                      <Button
                        variant="secondary"
                        aria-label={t.volunteers.byHandOf(one.name)}
                        onClick={() => setByHand(one)}
                      >
                        {t.volunteers.byHand}
                      </Button>
                    )}
                </div>
              ),
            },
          ]}
        />
      )}
      <a href={`/api/organiser/activities/${id}/attendance.csv`} download>
        {t.volunteers.csv}
      </a>
      {noted && (
        <ActDialog
          title={t.volunteers.unusual}
          action={t.volunteers.confirm}
          reason={{ label: t.volunteers.note, hint: t.volunteers.noteHint }}
          onClose={() => setNoted(undefined)}
          onAct={async (note) => {
            await confirm(noted, note)
            setNoted(undefined)
          }}
        >
          <p>{t.volunteers.unusualLead}</p>
        </ActDialog>
      )}
      {byHand && (
        <ByHand
          title={local(activity.title)}
          activity={activity}
          volunteer={byHand}
          onClose={() => setByHand(undefined)}
          onDone={() => {
            setByHand(undefined)
            list.reload()
          }}
        />
      )}
    </div>
  )
}

const isNoteNeeded = (error: unknown) => error instanceof ApiError && error.code === 'note_needed'

type ByHandProps = {
  title: string
  activity: Activity
  volunteer: Volunteer
  onClose: () => void
  onDone: () => void
}

/** Times noted on paper when the network failed. */
function ByHand({ title, activity, volunteer, onClose, onDone }: ByHandProps) {
  const { t } = useI18n()
  const date = dateOf(at(activity.startsAt))
  const { attendance } = volunteer
  const [from, setFrom] = useState(timeOf(at(attendance?.checkedInAt ?? activity.startsAt)))
  const [to, setTo] = useState(timeOf(at(attendance?.checkedOutAt ?? activity.endsAt)))
  return (
    <ActDialog
      title={t.volunteers.byHandOf(volunteer.name)}
      action={t.volunteers.save}
      onClose={onClose}
      onAct={async () => {
        await call('POST', `/api/organiser/activities/${activity.id}/attendance`, {
          signupId: volunteer.signupId,
          in: timestampOf(date, from),
          out: timestampOf(date, to),
        })
        onDone()
      }}
    >
      <p>{title}</p>
      <TextField label={t.volunteers.from} type="time" value={from} onChange={setFrom} required />
      <TextField label={t.volunteers.to} type="time" value={to} onChange={setTo} required />
    </ActDialog>
  )
}
