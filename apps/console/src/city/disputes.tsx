import { Button, EmptyState, Page, Table, TextField } from '@pass/ui'
import { useState } from 'react'
import { call, type Localized } from '../api.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { ActDialog } from '../parts/act-dialog.tsx'

type Dispute = {
  signupId: string
  activity: { id: string; title: Localized; startsAt: string }
  organisation: Localized
  volunteer: string
  /** What the organiser confirmed, and what the volunteer says. */
  minutes: number | null
  checkedInAt: string
  checkedOutAt: string | null
  reason: string
}

/** For the city: hours on which a volunteer and an organiser do not agree. */
export default function Disputes() {
  const { t, local, moment } = useI18n()
  const disputes = useLoad('disputes', () => call<Dispute[]>('GET', '/api/disputes'))
  const [chosen, setChosen] = useState<Dispute>()
  const [minutes, setMinutes] = useState('')
  return (
    <Page title={t.disputes.title} lead={t.disputes.lead}>
      <Failure error={disputes.error} onRetry={disputes.reload} />
      {disputes.data?.length === 0 && <EmptyState title={t.disputes.none}>{t.disputes.noneNext}</EmptyState>}
      {disputes.data && disputes.data.length > 0 && (
        <Table
          caption={t.disputes.title}
          rows={disputes.data}
          rowKey={({ signupId }) => signupId}
          columns={[
            { key: 'who', header: t.staff.name, cell: ({ volunteer }) => volunteer },
            {
              key: 'what',
              header: t.disputes.activity,
              cell: ({ activity, organisation }) => `${local(activity.title)} (${local(organisation)})`,
            },
            {
              key: 'when',
              header: t.disputes.present,
              cell: ({ checkedInAt, checkedOutAt }) =>
                `${moment(at(checkedInAt))} – ${checkedOutAt ? moment(at(checkedOutAt)) : '?'}`,
            },
            {
              key: 'minutes',
              header: t.disputes.confirmed,
              cell: (row) => t.activities.minutes(row.minutes ?? 0),
              numeric: true,
            },
            { key: 'reason', header: t.disputes.says, cell: ({ reason }) => reason },
            {
              key: 'act',
              header: t.payments.act,
              cell: (row) => (
                <Button
                  variant="secondary"
                  aria-label={t.disputes.decideOf(row.volunteer)}
                  onClick={() => {
                    setMinutes(String(row.minutes ?? 0))
                    setChosen(row)
                  }}
                >
                  {t.disputes.decide}
                </Button>
              ),
            },
          ]}
        />
      )}
      {chosen && (
        <ActDialog
          title={t.disputes.decide}
          action={t.disputes.decide}
          reason={{ label: t.payments.reason, hint: t.payments.reasonHint }}
          onClose={() => setChosen(undefined)}
          onAct={async (reason) => {
            await call('POST', `/api/disputes/${chosen.signupId}`, { minutes: Number(minutes), reason })
            setChosen(undefined)
            disputes.reload()
          }}
        >
          <TextField
            label={t.disputes.minutes}
            type="number"
            min={0}
            value={minutes}
            onChange={setMinutes}
            inputMode="numeric"
          />
        </ActDialog>
      )}
    </Page>
  )
}
