import { Button, EmptyState, Notice, Page, Select, StatusBadge, Table } from '@pass/ui'
import { useState } from 'react'
import { type CredentialType, call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad, usePoll } from '../load.ts'
import { MoreButton, usePages } from '../pages.tsx'
import { ActDialog } from '../parts/act-dialog.tsx'

type State = 'waiting' | 'approved' | 'refused' | 'issued'
type Application = {
  id: string
  type: string
  subject: { id: string; name: string; birthDate: string | null }
  state: State
  /** Why it was refused. */
  reason: string | null
  createdAt: string
  /** An application that nobody decided ends then. */
  expiresAt: string
}
type Act = 'approve' | 'refuse'

const TONE = { waiting: 'warning', approved: 'info', refused: 'error', issued: 'success' } as const
const ACTS: Act[] = ['approve', 'refuse']
const LOOK_EVERY_MS = 10_000

/** For officers: what citizens applied for that somebody must look at before it is issued. */
export default function Applications() {
  const { t, local, day, moment } = useI18n()
  const [state, setState] = useState<string>('waiting')
  const applications = usePages<Application>('/api/applications', { state })
  const types = useLoad('types', () => call<CredentialType[]>('GET', '/api/credential-types'))
  const nameOf = new Map(types.data?.map(({ id, name }) => [id, local(name)]))
  const [chosen, setChosen] = useState<{ act: Act; row: Application }>()
  const [done, setDone] = useState<{ act: Act; name: string }>()
  usePoll(!chosen, LOOK_EVERY_MS, applications.refresh)

  const { items, loading, error, hasMore, reload } = applications
  const waiting = items.filter((row) => row.state === 'waiting').length
  const typeOf = ({ type }: Application) => nameOf.get(type) ?? type

  return (
    <Page title={t.applications.title} lead={t.applications.lead}>
      <div className="filters">
        <Select
          label={t.credentials.status}
          value={state}
          onChange={(value) => {
            setState(value)
            setDone(undefined)
          }}
          options={[
            { value: '', label: t.all },
            ...Object.entries(t.applications.states).map(([value, label]) => ({ value, label })),
          ]}
        />
      </div>
      <div role="status">
        {done && (
          <Notice tone="success">
            <p>{t.applications.done[done.act](done.name)}</p>
          </Notice>
        )}
        <p className="ui-hint">
          {loading ? t.loading : waiting > 0 && t.applications.waiting(waiting, hasMore)}
        </p>
      </div>
      <Failure error={error} onRetry={reload} />
      {!loading && items.length === 0 && !error && (
        <EmptyState title={t.applications.none}>{t.applications.noneNext}</EmptyState>
      )}
      {items.length > 0 && (
        <Table
          caption={t.applications.title}
          rows={items}
          rowKey={({ id }) => id}
          columns={[
            { key: 'name', header: t.credentials.columns.name, cell: ({ subject }) => subject.name },
            {
              key: 'birth',
              header: t.applications.birth,
              cell: ({ subject }) => subject.birthDate ?? '–',
            },
            { key: 'type', header: t.applications.type, cell: typeOf },
            { key: 'at', header: t.applications.at, cell: ({ createdAt }) => moment(at(createdAt)) },
            {
              key: 'status',
              header: t.credentials.columns.status,
              cell: (row) => (
                <>
                  <StatusBadge tone={TONE[row.state]}>{t.applications.states[row.state]}</StatusBadge>{' '}
                  <span className="ui-hint">
                    {row.state === 'waiting' ? t.applications.ends(day(at(row.expiresAt))) : row.reason}
                  </span>
                </>
              ),
            },
            {
              key: 'act',
              header: t.credentials.columns.act,
              cell: (row) =>
                row.state === 'waiting' && (
                  <div className="row-actions">
                    {ACTS.map((act) => (
                      <Button
                        key={act}
                        variant={act === 'refuse' ? 'danger' : 'secondary'}
                        aria-label={`${row.subject.name}, ${typeOf(row)}: ${t.applications.act[act]}`}
                        onClick={() => setChosen({ act, row })}
                      >
                        {t.applications.act[act]}
                      </Button>
                    ))}
                  </div>
                ),
            },
          ]}
        />
      )}
      <MoreButton pages={applications} />
      {chosen && (
        <ActDialog
          title={t.applications.act[chosen.act]}
          action={t.applications.act[chosen.act]}
          danger={chosen.act === 'refuse'}
          {...(chosen.act === 'refuse'
            ? { reason: { label: t.applications.reason, hint: t.applications.reasonHint } }
            : {})}
          onClose={() => {
            setChosen(undefined)
            // Another officer may have been first.
            reload()
          }}
          onAct={async (reason) => {
            const { act, row } = chosen
            await call('POST', `/api/applications/${row.id}/${act}`, act === 'refuse' ? { reason } : {})
            setDone({ act, name: row.subject.name })
            setChosen(undefined)
            reload()
          }}
        >
          <p>{t.applications.confirm[chosen.act](chosen.row.subject.name, typeOf(chosen.row))}</p>
        </ActDialog>
      )}
    </Page>
  )
}
