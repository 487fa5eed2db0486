import { Button, EmptyState, Page, StatusBadge, Table } from '@pass/ui'
import { useState } from 'react'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { ActDialog } from '../parts/act-dialog.tsx'
import { usePoints } from '../points.ts'
import { useSession } from '../session/session.tsx'
import type { Correction } from './types.ts'

const TONE = { proposed: 'warning', approved: 'info', rejected: 'neutral', settled: 'success' } as const

/** Points that were given by mistake: who proposes and who approves are two people. */
export default function Corrections() {
  const { t, moment } = useI18n()
  const points = usePoints()
  const isCity = useSession().data?.role === 'operator'
  const corrections = useLoad('corrections', () => call<Correction[]>('GET', '/api/corrections'))
  const [chosen, setChosen] = useState<{ row: Correction; act: 'approve' | 'reject' }>()
  const acts = (row: Correction) =>
    row.status !== 'proposed' ? null : row.own ? (
      <span className="ui-hint">{t.corrections.own}</span>
    ) : (
      <div className="row-actions">
        {(['approve', 'reject'] as const).map((act) => (
          <Button
            key={act}
            variant={act === 'approve' ? 'primary' : 'secondary'}
            aria-label={`${row.account} ${points(row.amount)}: ${t.corrections.act[act]}`}
            onClick={() => setChosen({ row, act })}
          >
            {t.corrections.act[act]}
          </Button>
        ))}
      </div>
    )
  return (
    <Page title={t.corrections.title} lead={t.corrections.lead}>
      <Failure error={corrections.error} onRetry={corrections.reload} />
      {corrections.data?.length === 0 && (
        <EmptyState title={t.corrections.none}>{t.corrections.noneNext}</EmptyState>
      )}
      {corrections.data && corrections.data.length > 0 && (
        <Table
          caption={t.corrections.title}
          rows={corrections.data}
          rowKey={({ id }) => id}
          columns={[
            { key: 'at', header: t.awards.at, cell: ({ createdAt }) => moment(at(createdAt)) },
            { key: 'account', header: t.awards.to, cell: ({ account }) => account },
            {
              key: 'amount',
              header: t.programmes.points,
              cell: ({ amount }) => points(amount),
              numeric: true,
            },
            { key: 'reason', header: t.payments.reason, cell: ({ reason }) => reason },
            {
              key: 'status',
              header: t.payments.status,
              cell: ({ status }) => (
                <StatusBadge tone={TONE[status]}>{t.corrections.states[status]}</StatusBadge>
              ),
            },
            ...(isCity ? [{ key: 'act', header: t.payments.act, cell: acts }] : []),
          ]}
        />
      )}
      {chosen && (
        <ActDialog
          title={t.corrections.act[chosen.act]}
          action={t.corrections.act[chosen.act]}
          danger={chosen.act === 'approve'}
          onClose={() => setChosen(undefined)}
          onAct={async () => {
            await call('POST', `/api/corrections/${chosen.row.id}/${chosen.act}`, {})
            setChosen(undefined)
            corrections.reload()
          }}
        >
          <p>{t.corrections.confirm[chosen.act](points(chosen.row.amount))}</p>
        </ActDialog>
      )}
    </Page>
  )
}
