import { Button, EmptyState, Notice, Page, Select, StatusBadge, Table, TextField } from '@pass/ui'
import { useDeferredValue, useState } from 'react'
import { type CredentialRow, type CredentialType, call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { MoreButton, usePages } from '../pages.tsx'
import { ActDialog } from '../parts/act-dialog.tsx'

type Act = 'revoke' | 'suspend' | 'reinstate'

/** What may be done in each state; revoking is final. */
const ACTS: Record<CredentialRow['status'], Act[]> = {
  valid: ['suspend', 'revoke'],
  suspended: ['reinstate', 'revoke'],
  revoked: [],
}
const TONE = { valid: 'success', suspended: 'warning', revoked: 'error' } as const

export function Credentials() {
  const { t, local, day } = useI18n()
  const [query, setQuery] = useState('')
  const [status, setStatus] = useState('')
  const asked = useDeferredValue(query.trim())
  const credentials = usePages<CredentialRow>('/api/credentials', { query: asked, status })
  const types = useLoad('types', () => call<CredentialType[]>('GET', '/api/credential-types'))
  const nameOf = new Map(types.data?.map(({ id, name }) => [id, local(name)]))
  const [chosen, setChosen] = useState<{ act: Act; row: CredentialRow }>()
  const [done, setDone] = useState<Act>()

  return (
    <Page title={t.credentials.title}>
      <search className="filters">
        <TextField label={t.credentials.query} type="search" value={query} onChange={setQuery} />
        <Select
          label={t.credentials.status}
          value={status}
          onChange={setStatus}
          options={[
            { value: '', label: t.all },
            ...Object.entries(t.credentials.states).map(([value, label]) => ({ value, label })),
          ]}
        />
      </search>
      <div role="status">
        {done && (
          <Notice tone="success">
            <p>{t.credentials.done[done]}</p>
          </Notice>
        )}
      </div>
      <Failure error={credentials.error} onRetry={credentials.reload} />
      {!credentials.loading && credentials.items.length === 0 && !credentials.error && (
        <EmptyState title={t.nothingFound}>{t.credentials.empty}</EmptyState>
      )}
      {credentials.items.length > 0 && (
        <Table
          caption={t.credentials.title}
          rows={credentials.items}
          rowKey={(row) => row.id}
          columns={[
            { key: 'name', header: t.credentials.columns.name, cell: (row) => row.subject.name },
            {
              key: 'type',
              header: t.credentials.columns.type,
              cell: (row) => nameOf.get(row.type) ?? row.type,
            },
            { key: 'issued', header: t.credentials.columns.issued, cell: (row) => day(at(row.issuedAt)) },
            { key: 'expires', header: t.credentials.columns.expires, cell: (row) => day(at(row.expiresAt)) },
            {
              key: 'status',
              header: t.credentials.columns.status,
              cell: (row) => (
                <>
                  <StatusBadge tone={TONE[row.status]}>{t.credentials.states[row.status]}</StatusBadge>{' '}
                  <span className="ui-hint">{t.credentials.anchored(row.anchored, row.copies)}</span>
                </>
              ),
            },
            {
              key: 'act',
              header: t.credentials.columns.act,
              cell: (row) => (
                <div className="row-actions">
                  {ACTS[row.status].map((act) => (
                    <Button
                      key={act}
                      variant={act === 'revoke' ? 'danger' : 'secondary'}
                      onClick={() => setChosen({ act, row })}
                      aria-label={`${row.subject.name}: ${t.credentials.act[act]}`}
                    >
                      {t.credentials.act[act]}
                    </Button>
                  ))}
                </div>
              ),
            },
          ]}
        />
      )}
      <MoreButton pages={credentials} />
      {chosen && (
        <ActDialog
          title={t.credentials.act[chosen.act]}
          action={t.credentials.act[chosen.act]}
          danger={chosen.act === 'revoke'}
          reason={{ label: t.credentials.reason, hint: t.credentials.reasonHint }}
          onClose={() => setChosen(undefined)}
          onAct={async (reason) => {
            await call('POST', `/api/credentials/${chosen.row.id}/${chosen.act}`, { reason })
            setDone(chosen.act)
            setChosen(undefined)
            credentials.reload()
          }}
        >
          <p>{t.credentials.confirm[chosen.act](chosen.row.subject.name)}</p>
        </ActDialog>
      )}
    </Page>
  )
}
