import { Button, type Column, EmptyState, Page, Select, StatusBadge, Table, type Tone } from '@pass/ui'
import { useState } from 'react'
import { call, type Localized } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { ActDialog } from './act-dialog.tsx'
import { type Invitation, LinkNotice } from './link-notice.tsx'

export type Applicant = { id: string | number; name: Localized; status: string; decision: string | null }

export type ApplicantsProps<Row extends Applicant> = {
  /** Words of this kind of applicant. */
  words: {
    title: string
    lead: string
    none: string
    noneNext: string
    states: Record<string, string>
    act: Record<string, string>
    confirm: (name: string) => string
  }
  path: string
  columns: Column<Row>[]
  tones: Record<string, Tone | 'neutral'>
  /** What may be done in each state. */
  acts: Record<string, string[]>
  /** Acts that shut somebody out. */
  dangerous: readonly string[]
  /** The state to show first: what waits for a decision. */
  first: string
}

/** Those who applied to take part, and what the city decided. An admission answers a link for their first member of staff. */
export function Applicants<Row extends Applicant>(props: ApplicantsProps<Row>) {
  const { words, path, columns, tones, acts, dangerous, first } = props
  const { t, local } = useI18n()
  const [status, setStatus] = useState(first)
  const rows = useLoad(`${path} ${status}`, () =>
    call<Row[]>('GET', status === '' ? path : `${path}?status=${status}`),
  )
  const [chosen, setChosen] = useState<{ row: Row; act: string }>()
  const [invitation, setInvitation] = useState<Invitation>()

  return (
    <Page title={words.title} lead={words.lead}>
      <div className="filters">
        <Select
          label={t.payments.status}
          value={status}
          onChange={setStatus}
          options={[
            { value: '', label: t.all },
            ...Object.entries(words.states).map(([value, label]) => ({ value, label })),
          ]}
        />
      </div>
      <LinkNotice invitation={invitation} />
      <Failure error={rows.error} onRetry={rows.reload} />
      {rows.data?.length === 0 && <EmptyState title={words.none}>{words.noneNext}</EmptyState>}
      {rows.data && rows.data.length > 0 && (
        <Table
          caption={words.title}
          rows={rows.data}
          rowKey={({ id }) => String(id)}
          columns={[
            { key: 'name', header: t.staff.name, cell: ({ name }) => local(name) },
            ...columns,
            {
              key: 'status',
              header: t.payments.status,
              cell: (row) => (
                <>
                  <StatusBadge tone={tones[row.status] ?? 'neutral'}>
                    {words.states[row.status] ?? row.status}
                  </StatusBadge>{' '}
                  {row.decision && <span className="ui-hint">{row.decision}</span>}
                </>
              ),
            },
            {
              key: 'act',
              header: t.payments.act,
              cell: (row) => (
                <div className="row-actions">
                  {(acts[row.status] ?? []).map((act) => (
                    <Button
                      key={act}
                      variant={dangerous.includes(act) ? 'danger' : 'secondary'}
                      aria-label={`${local(row.name)}: ${words.act[act]}`}
                      onClick={() => setChosen({ row, act })}
                    >
                      {words.act[act]}
                    </Button>
                  ))}
                </div>
              ),
            },
          ]}
        />
      )}
      {chosen && (
        <ActDialog
          title={words.act[chosen.act] ?? ''}
          action={words.act[chosen.act] ?? ''}
          danger={dangerous.includes(chosen.act)}
          reason={{ label: t.payments.reason, hint: t.payments.reasonHint }}
          onClose={() => setChosen(undefined)}
          onAct={async (reason) => {
            const { row, act } = chosen
            const answer = await call<{ link?: string; expiresAt?: string } | undefined>(
              'POST',
              `${path}/${row.id}/${act}`,
              { reason },
            )
            setInvitation(
              answer?.link && answer.expiresAt
                ? { name: local(row.name), link: answer.link, expiresAt: answer.expiresAt }
                : undefined,
            )
            setChosen(undefined)
            rows.reload()
          }}
        >
          <p>{words.confirm(local(chosen.row.name))}</p>
        </ActDialog>
      )}
    </Page>
  )
}
