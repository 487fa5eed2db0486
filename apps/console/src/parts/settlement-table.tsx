import { StatusBadge, Table } from '@pass/ui'
import type { ReactNode } from 'react'
import { useI18n } from '../i18n.ts'
import type { Settlement } from '../merchant/types.ts'
import { usePoints } from '../points.ts'

/** Periods with their totals and statements; `act` adds what may be done with one, `named` says whose it is. */
export function SettlementTable({
  rows,
  act,
  named = false,
}: {
  rows: readonly Settlement[]
  act?: (row: Settlement) => ReactNode
  named?: boolean
}) {
  const { t, local } = useI18n()
  const points = usePoints()
  return (
    <Table
      caption={t.settlements.title}
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'period',
          header: t.settlements.period,
          cell: ({ from, to }) => `${from} – ${to}`,
        },
        ...(named
          ? [
              {
                key: 'payee',
                header: t.settlements.payee,
                cell: ({ payee }: Settlement) => local(payee.name),
              },
            ]
          : []),
        {
          key: 'gross',
          header: t.settlements.gross,
          cell: ({ gross, payments }) => `${points(gross)} (${t.settlements.count(payments)})`,
          numeric: true,
        },
        {
          key: 'refunded',
          header: t.settlements.refunded,
          cell: ({ refunded }) => points(refunded),
          numeric: true,
        },
        { key: 'net', header: t.settlements.net, cell: ({ net }) => points(net), numeric: true },
        {
          key: 'status',
          header: t.settlements.status,
          cell: ({ status, reference }) => (
            <>
              <StatusBadge tone={status === 'paid' ? 'success' : 'info'}>
                {t.settlements.states[status]}
              </StatusBadge>{' '}
              {reference && <span className="ui-hint">{reference}</span>}
            </>
          ),
        },
        {
          key: 'files',
          header: t.settlements.files,
          cell: ({ id, from, payee }) => (
            <span className="row-actions">
              {(['pdf', 'csv'] as const).map((kind) => (
                <a
                  key={kind}
                  href={`/api/merchant/settlements/${id}/statement.${kind}`}
                  download
                  aria-label={`${local(payee.name)} ${from} ${kind.toUpperCase()}`}
                >
                  {kind.toUpperCase()}
                </a>
              ))}
            </span>
          ),
        },
        ...(act ? [{ key: 'act', header: t.settlements.act, cell: act }] : []),
      ]}
    />
  )
}
