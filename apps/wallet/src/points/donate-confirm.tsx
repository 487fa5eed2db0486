import type { PaymentRecord } from '@pass/holder'
import { Button, Notice, Page } from '@pass/ui'
import { useState } from 'react'
import { ApiError, isRefusal } from '../account/api-error.ts'
import { openAccount } from '../account/device-ports.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import { type Order, pay } from './payments.ts'
import { Trouble } from './trouble.tsx'
import { usePoints } from './use-points.ts'

type Props = { order: Order; onChange: () => void; onSent: (payment: PaymentRecord) => void }

/** The last look before points leave for good. */
export function DonateConfirm({ order, onChange, onSent }: Props) {
  const { t, local } = useI18n()
  const points = usePoints()
  const [busy, setBusy] = useState(false)
  const [unknown, setUnknown] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  async function send() {
    setBusy(true)
    setUnknown(false)
    setFailure(undefined)
    try {
      onSent(await pay(await openAccount(), order))
    } catch (error) {
      if (error instanceof ApiError && !isRefusal(error)) setUnknown(true)
      else setFailure(toFailure(error))
      setBusy(false)
    }
  }

  return (
    <Page
      title={t.donate.ask(local(order.payee.name), points(order.amount))}
      lead={t.donate.askFinal}
      narrow
      appName={t.app.name}
    >
      {unknown && (
        <Notice tone="warning" role="alert" title={t.donate.unknown}>
          <p>{t.donate.unknownNext}</p>
        </Notice>
      )}
      {failure && <Trouble failure={failure} />}
      <div className="ui-stack">
        <Button wide busy={busy} onClick={send}>
          {busy ? t.donate.sending : t.donate.confirm}
        </Button>
        {!busy && !unknown && (
          <Button wide variant="secondary" onClick={onChange}>
            {t.donate.change}
          </Button>
        )}
      </div>
    </Page>
  )
}
