import { Button, buttonClass, Notice, Page } from '@pass/ui'
import { useState } from 'react'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { useOnline } from '../parts/use-online.ts'
import { mayPayByCode } from './code-limits.ts'
import type { Order } from './payments.ts'
import { useBalance, usePayments, usePoints } from './use-points.ts'

type Props = { order: Order; onAgain: () => void; onCode: () => Promise<void> }

/** No network, or no answer: a code does the same, as the merchant has one. */
export function NoNetwork({ order, onAgain, onCode }: Props) {
  const { t } = useI18n()
  const points = usePoints()
  const online = useOnline()
  const balance = useBalance()
  const payments = usePayments()
  const [busy, setBusy] = useState(false)
  if (balance.state !== 'ready' || payments.state !== 'ready') return null
  const verdict = mayPayByCode(order, balance.value, payments.value, Date.now())
  const most = points(balance.value?.offline.most ?? '0')
  const reasons = {
    not_ready: t.pay.codeNever,
    too_much: t.pay.codeTooMuch(most),
    day_full: t.payRefusals.offline_limit.title,
    too_few: t.payRefusals.points_too_few.title,
  }

  async function show() {
    setBusy(true)
    await onCode().finally(() => setBusy(false))
  }

  return (
    <Page
      title={online ? t.failure.codes.network.title.replace(/\.$/, '') : t.pay.offline}
      lead={verdict === 'yes' ? t.pay.offlineLead : undefined}
      narrow
      appName={t.app.name}
    >
      {verdict !== 'yes' && (
        <Notice tone="warning">
          <p>{reasons[verdict]}</p>
        </Notice>
      )}
      <div className="ui-stack">
        {verdict === 'yes' && (
          <Button wide busy={busy} onClick={show}>
            {t.pay.code}
          </Button>
        )}
        <Button wide variant="secondary" onClick={onAgain}>
          {t.app.again}
        </Button>
        <Link className={buttonClass('text')} href="/points" replace>
          {t.pay.toPoints}
        </Link>
      </div>
    </Page>
  )
}
