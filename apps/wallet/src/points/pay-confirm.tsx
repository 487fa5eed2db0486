import { Button, buttonClass, Notice, Page } from '@pass/ui'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { leftToSpend } from './balance.ts'
import type { Order } from './payments.ts'
import { useBalance, useOpenPayments, usePoints } from './use-points.ts'

type Props = { order: Order; onPay: () => void; onStop: () => void }

/** Who gets how much, what is left after it, and one press. */
export function PayConfirm({ order, onPay, onStop }: Props) {
  const { t, local } = useI18n()
  const points = usePoints()
  const balance = useBalance()
  const open = useOpenPayments()
  const others = open.state === 'ready' ? open.value.filter(({ id }) => id !== order.id) : []
  const known = balance.state === 'ready' ? balance.value : undefined
  const after = known && leftToSpend(known, others) - BigInt(order.amount)
  const tooFew = after !== undefined && after < 0n
  return (
    <Page title={t.pay.consent} narrow appName={t.app.name}>
      <section className="ui-panel points-panel" aria-label={t.pay.amount}>
        <p className="pay-payee">{local(order.payee.name)}</p>
        <p className="points-balance">{points(order.amount)}</p>
        {after !== undefined && !tooFew && (
          <p className="ui-hint">
            {t.pay.after}: {points(after)}
          </p>
        )}
      </section>
      {tooFew && (
        <Notice tone="error" title={t.pay.tooFew}>
          <p>{t.pay.tooFewBy(points(-after))}</p>
        </Notice>
      )}
      <div className="ui-stack">
        {!tooFew && (
          <Button wide onClick={onPay}>
            {t.pay.confirm(points(order.amount))}
          </Button>
        )}
        <Link className={buttonClass('secondary', true)} href="/points" replace onClick={onStop}>
          {t.pay.stop}
        </Link>
      </div>
    </Page>
  )
}
