import { Button, EmptyState, Notice, Page, Select, StatusBadge, Table, TextField } from '@pass/ui'
import { useState } from 'react'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { MoreButton, usePages } from '../pages.tsx'
import { ActDialog } from '../parts/act-dialog.tsx'

type Instance = {
  id: string
  /** Number of the account that it is connected with. */
  account: string | null
  state: 'active' | 'account_closed' | 'revoked'
  /** Why it was blocked. */
  reason: string | null
  createdAt: string
  lastSeenAt: string
}

const TONE = { active: 'success', account_closed: 'neutral', revoked: 'error' } as const
const NUMBER = /^\d{10}$/

/** For the city: the installations of its wallet that it vouches for. */
export default function Wallets() {
  const { t, moment } = useI18n()
  const [typed, setTyped] = useState('')
  const [state, setState] = useState('')
  const number = typed.replaceAll(/[\s-]/g, '')
  const wallets = usePages<Instance>('/api/wallet-provider/instances', {
    account: NUMBER.test(number) ? number : '',
    state,
  })
  const [chosen, setChosen] = useState<Instance>()
  const [done, setDone] = useState(false)
  const nameOf = ({ account }: Instance) => account ?? t.wallets.unconnected

  return (
    <Page title={t.wallets.title} lead={t.wallets.lead}>
      <search className="filters">
        <TextField
          label={t.wallets.number}
          hint={t.wallets.numberHint}
          type="search"
          inputMode="numeric"
          value={typed}
          onChange={setTyped}
        />
        <Select
          label={t.credentials.status}
          value={state}
          onChange={setState}
          options={[
            { value: '', label: t.all },
            ...Object.entries(t.wallets.states).map(([value, label]) => ({ value, label })),
          ]}
        />
      </search>
      <div role="status">
        {done && (
          <Notice tone="success">
            <p>{t.wallets.done}</p>
          </Notice>
        )}
      </div>
      <Failure error={wallets.error} onRetry={wallets.reload} />
      {!wallets.loading && wallets.items.length === 0 && !wallets.error && (
        <EmptyState title={t.wallets.none}>{t.wallets.noneNext}</EmptyState>
      )}
      {wallets.items.length > 0 && (
        <Table
          caption={t.wallets.title}
          rows={wallets.items}
          rowKey={({ id }) => id}
          columns={[
            { key: 'number', header: t.wallets.number, cell: nameOf },
            { key: 'first', header: t.wallets.first, cell: ({ createdAt }) => moment(at(createdAt)) },
            { key: 'last', header: t.wallets.last, cell: ({ lastSeenAt }) => moment(at(lastSeenAt)) },
            {
              key: 'status',
              header: t.credentials.columns.status,
              cell: (row) => (
                <>
                  <StatusBadge tone={TONE[row.state]}>{t.wallets.states[row.state]}</StatusBadge>{' '}
                  {row.reason && <span className="ui-hint">{row.reason}</span>}
                </>
              ),
            },
            {
              key: 'act',
              header: t.credentials.columns.act,
              cell: (row) =>
                row.state !== 'revoked' && (
                  <Button
                    variant="danger"
                    aria-label={t.wallets.revokeOf(nameOf(row), moment(at(row.createdAt)))}
                    onClick={() => setChosen(row)}
                  >
                    {t.wallets.revoke}
                  </Button>
                ),
            },
          ]}
        />
      )}
      <MoreButton pages={wallets} />
      {chosen && (
        <ActDialog
          title={t.wallets.revoke}
          action={t.wallets.revoke}
          danger
          reason={{ label: t.credentials.reason, hint: t.credentials.reasonHint }}
          onClose={() => setChosen(undefined)}
          onAct={async (reason) => {
            await call('POST', `/api/wallet-provider/instances/${chosen.id}/revoke`, { reason })
            setDone(true)
            setChosen(undefined)
            wallets.reload()
          }}
        >
          <p>{t.wallets.confirm(nameOf(chosen))}</p>
        </ActDialog>
      )}
    </Page>
  )
}
