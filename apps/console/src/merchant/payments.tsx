import { Button, EmptyState, Notice, Page, StatusBadge, Table, TextField } from '@pass/ui'
import { useState } from 'react'
import { call } from '../api.ts'
import { today } from '../dates.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { MoreButton, usePages } from '../pages.tsx'
import { ActDialog } from '../parts/act-dialog.tsx'
import { amountIn, usePoints } from '../points.ts'
import type { Payment, Totals } from './types.ts'

const TONE = { held: 'info', batched: 'info', settled: 'success', failed: 'error' } as const

/** A day at this merchant: what came in, what went back. */
export default function Payments() {
  const { t, moment } = useI18n()
  const points = usePoints()
  const [date, setDate] = useState(today)
  const [refunding, setRefunding] = useState<Payment>()
  const [done, setDone] = useState(false)
  const totals = useLoad(`totals ${date}`, () => call<Totals>('GET', `/api/merchant/totals?date=${date}`))
  const payments = usePages<Payment>('/api/merchant/payments', { date })
  const { data } = totals

  return (
    <Page title={t.payments.title}>
      <div className="filters">
        <TextField
          label={t.payments.date}
          type="date"
          value={date}
          max={today()}
          onChange={(value) => value && setDate(value)}
        />
      </div>
      <Failure error={totals.error ?? payments.error} onRetry={payments.reload} />
      <div role="status">{done && <Notice tone="success">{t.payments.refundAsked}</Notice>}</div>
      {data && (
        <dl className="facts">
          <div>
            <dt>{t.payments.gross(data.payments)}</dt>
            <dd>{points(data.amount)}</dd>
          </div>
          <div>
            <dt>{t.payments.refunded}</dt>
            <dd>{points(data.refunded)}</dd>
          </div>
          <div>
            <dt>{t.payments.net}</dt>
            <dd>{points(data.net)}</dd>
          </div>
        </dl>
      )}
      {!payments.loading && payments.items.length === 0 && !payments.error && (
        <EmptyState title={t.payments.none}>{t.payments.noneNext}</EmptyState>
      )}
      {payments.items.length > 0 && (
        <Table
          caption={t.payments.list}
          rows={payments.items}
          rowKey={({ id }) => id}
          columns={[
            { key: 'at', header: t.payments.at, cell: ({ heldAt }) => moment(at(heldAt)) },
            { key: 'amount', header: t.payments.amount, cell: ({ amount }) => points(amount), numeric: true },
            {
              key: 'refunded',
              header: t.payments.refunded,
              cell: ({ refunded }) => (refunded === '0' ? '–' : points(refunded)),
              numeric: true,
            },
            {
              key: 'status',
              header: t.payments.status,
              cell: ({ status }) => (
                <StatusBadge tone={TONE[status]}>{t.payments.states[status]}</StatusBadge>
              ),
            },
            {
              key: 'act',
              header: t.payments.act,
              cell: (payment) =>
                payment.status !== 'failed' &&
                payment.refunded !== payment.amount && (
                  <Button
                    variant="secondary"
                    aria-label={t.payments.refundOf(points(payment.amount), moment(at(payment.heldAt)))}
                    onClick={() => {
                      setDone(false)
                      setRefunding(payment)
                    }}
                  >
                    {t.payments.refund}
                  </Button>
                ),
            },
          ]}
        />
      )}
      <MoreButton pages={payments} />
      {refunding && (
        <RefundDialog
          payment={refunding}
          onClose={() => setRefunding(undefined)}
          onDone={() => {
            setRefunding(undefined)
            setDone(true)
            payments.reload()
            totals.reload()
          }}
        />
      )}
    </Page>
  )
}

type RefundDialogProps = { payment: Payment; onClose: () => void; onDone: () => void }

function RefundDialog({ payment, onClose, onDone }: RefundDialogProps) {
  const { t } = useI18n()
  const points = usePoints()
  const left = Number(payment.amount) - Number(payment.refunded)
  const [amount, setAmount] = useState(String(left))
  const [invalid, setInvalid] = useState(false)
  // One key for this dialog: pressed twice, or sent again after a lost answer, it is one refund.
  const [key] = useState(() => crypto.randomUUID())
  return (
    <ActDialog
      title={t.payments.refund}
      action={t.payments.refund}
      danger
      reason={{ label: t.payments.reason, hint: t.payments.reasonHint }}
      onClose={onClose}
      onAct={async (reason) => {
        const digits = amountIn(amount)
        if (digits === undefined || Number(digits) > left) {
          setInvalid(true)
          throw new TypeError('amount')
        }
        await call(
          'POST',
          `/api/merchant/payments/${payment.id}/refunds`,
          { amount: digits, reason },
          { 'idempotency-key': key },
        )
        onDone()
      }}
    >
      <p>{t.payments.refundLead(points(left))}</p>
      <TextField
        label={t.payments.amount}
        value={amount}
        onChange={(value) => {
          setAmount(value)
          setInvalid(false)
        }}
        inputMode="numeric"
        error={invalid && t.payments.amountInvalid(points(left))}
      />
    </ActDialog>
  )
}
