import type { PaymentRecord } from '@pass/holder'
import { buttonClass, Notice, Page } from '@pass/ui'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { useTroubleText } from './trouble.tsx'
import { useBalance, usePoints } from './use-points.ts'

/** The sign that is seen across a counter, and the words beside it. */
export function PayResult({
  payment,
  title,
  children,
}: {
  payment: PaymentRecord
  title: string
  children?: React.ReactNode
}) {
  const { t, local, moment } = useI18n()
  const points = usePoints()
  const balance = useBalance()
  const left = balance.state === 'ready' ? balance.value?.spendable : undefined
  if (payment.state !== 'held')
    return <PayRefused code={payment.refusal ?? 'unexpected'} scanned={payment.requestId !== undefined} />
  return (
    <Page title={title} narrow appName={t.app.name}>
      <div className="pay-result pay-result-good" role="status">
        <Sign d="M5 12.5 10 17.5 19.5 7" />
        <p className="points-balance">{points(payment.amount)}</p>
        <p className="pay-payee">{local(payment.payee.name)}</p>
      </div>
      {children ?? <p>{t.pay.show}</p>}
      <dl className="ui-list">
        <div>
          <dt>{t.pay.at}</dt>
          <dd>{moment(payment.heldAt ?? payment.signedAt)}</dd>
        </div>
        {left !== undefined && (
          <div>
            <dt>{t.pay.left}</dt>
            <dd>{points(left)}</dd>
          </div>
        )}
      </dl>
      <Link className={buttonClass('primary', true)} href="/points" replace>
        {t.pay.toPoints}
      </Link>
    </Page>
  )
}

function PayRefused({ code, scanned }: { code: string; scanned: boolean }) {
  const { t } = useI18n()
  const { title, next } = useTroubleText(code)
  return (
    <Page title={t.pay.refused} narrow appName={t.app.name}>
      <div className="pay-result pay-result-bad">
        <Sign d="M6 6 18 18M18 6 6 18" />
      </div>
      <Notice tone="error" role="alert" title={title}>
        <p>{t.pay.nothingTaken}</p>
        <p>{next}</p>
      </Notice>
      <div className="ui-stack">
        {scanned && (
          <Link className={buttonClass('primary', true)} href="/scan" replace>
            {t.pay.toScan}
          </Link>
        )}
        <Link className={buttonClass('secondary', true)} href="/points" replace>
          {t.pay.toPoints}
        </Link>
      </div>
    </Page>
  )
}

function Sign({ d }: { d: string }) {
  return (
    <svg className="pay-sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={d}
        fill="none"
        stroke="currentColor"
        strokeWidth="3"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
