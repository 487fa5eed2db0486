import type { PaymentRecord } from '@pass/holder'
import { Button, buttonClass, Page, Spinner } from '@pass/ui'
import { useEffect, useState } from 'react'
import { Link, Redirect } from 'wouter'
import { useHistoryState } from 'wouter/use-browser-location'
import { readAccount } from '../account/account.ts'
import { ApiError, isRefusal } from '../account/api-error.ts'
import { openAccount } from '../account/device-ports.ts'
import { walletFetch } from '../account/wallet-fetch.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import { useIncoming } from '../incoming.ts'
import { useReading } from '../parts/use-reading.ts'
import './points.css'
import { leftToSpend, readBalance, refreshBalance } from './balance.ts'
import { PayCode } from './pay-code.tsx'
import { PayConfirm } from './pay-confirm.tsx'
import { NoNetwork } from './pay-offline.tsx'
import { PayResult } from './pay-result.tsx'
import { type Order, outcomeOf, pay, signPayment } from './payments.ts'
import { Trouble } from './trouble.tsx'

type Step =
  | { at: 'confirm' }
  | { at: 'sending' }
  | { at: 'offline' }
  | { at: 'code'; payment: PaymentRecord }
  | { at: 'result'; payment: PaymentRecord }
  | { at: 'failed'; failure: Failure }

type Asked = { order: Order; before: PaymentRecord | undefined; open: boolean }

/** A request addressed to this wallet: found by its id, as in `/pay` with the state `{requestId}`. */
const BY_ID = 'request:'

/** Paying: who gets how much, a yes, and what came of it, with a network and without. */
export default function Pay() {
  const { t } = useI18n()
  const state = useHistoryState<{ requestId?: unknown } | null>()
  const incoming = useIncoming()
  const id = typeof state?.requestId === 'string' ? `${BY_ID}${state.requestId}` : undefined
  const [asked, again] = useReading(incoming ?? id, readAsked)
  if (incoming === undefined && id === undefined) return <Redirect to="/scan" replace />
  if (asked.state === 'reading')
    return (
      <Page title={t.pay.title} narrow appName={t.app.name}>
        <Spinner>{t.pay.reading}</Spinner>
      </Page>
    )
  if (asked.state === 'failed') return <Failed failure={asked.failure} onAgain={again} />
  if (!asked.value.open)
    return (
      <Page title={t.pay.connectFirst} lead={t.pay.connectFirstLead} narrow appName={t.app.name}>
        <Link className={buttonClass('primary', true)} href="/points">
          {t.connect.title}
        </Link>
      </Page>
    )
  return <Paying key={asked.value.order.id} {...asked.value} />
}

async function readAsked(text: string): Promise<Asked> {
  const ports = await openAccount()
  const { readRequest, requestById } = await import('./request.ts')
  const kept = text.startsWith(BY_ID) ? await ports.store.get('payment', text.slice(BY_ID.length)) : undefined
  // A payment that was begun is shown for what it is, without a network and after its request has run out, too.
  const order =
    kept ??
    (text.startsWith(BY_ID)
      ? await requestById(ports, text.slice(BY_ID.length))
      : await readRequest(ports, text))
  const before = kept ?? (await ports.store.get('payment', order.id))
  const account = await readAccount(ports)
  if (account?.status === 'open') {
    // Points that came since the last look must not be missing at the counter.
    const seen = await readBalance(ports)
    if (!seen || leftToSpend(seen, []) < BigInt(order.amount))
      await refreshBalance(ports).catch(() => undefined)
  }
  // A code is shown at once, and looks for its outcome by itself.
  const known = before && !before.asCode ? await outcomeOf(ports, before).catch(() => before) : before
  return { order, before: known, open: account?.status === 'open' }
}

function startOf(before: PaymentRecord | undefined): Step {
  if (!before) return { at: 'confirm' }
  if (before.state !== 'open') return { at: 'result', payment: before }
  return before.asCode ? { at: 'code', payment: before } : { at: 'confirm' }
}

function Paying({ order, before }: Asked) {
  const { t } = useI18n()
  const [step, setStep] = useState<Step>(() => startOf(before))

  async function send() {
    if (!navigator.onLine) return setStep({ at: 'offline' })
    setStep({ at: 'sending' })
    try {
      setStep({ at: 'result', payment: await pay(await openAccount(), order) })
    } catch (error) {
      // No answer: what was signed stands, and is sent again or shown as a code, never signed anew.
      const unanswered = error instanceof ApiError && !isRefusal(error)
      setStep(unanswered ? { at: 'offline' } : { at: 'failed', failure: toFailure(error) })
    }
  }

  async function asCode() {
    try {
      const payment = await signPayment(await openAccount(), order, true)
      setStep(payment.state === 'open' ? { at: 'code', payment } : { at: 'result', payment })
    } catch (error) {
      setStep({ at: 'failed', failure: toFailure(error) })
    }
  }

  switch (step.at) {
    case 'confirm':
      return <PayConfirm order={order} onPay={send} onStop={() => void decline(order)} />
    case 'sending':
      return <Sending />
    case 'offline':
      return <NoNetwork order={order} onAgain={send} onCode={asCode} />
    case 'code':
      return (
        <PayCode
          payment={step.payment}
          onOutcome={(payment) => setStep({ at: 'result', payment })}
          onPay={send}
        />
      )
    case 'result':
      return <PayResult payment={step.payment} title={t.pay.paid} />
    case 'failed':
      return <Failed failure={step.failure} onAgain={send} />
  }
}

/** Failures that another try can mend. */
const PASSING: readonly Failure['code'][] = [
  'network',
  'offline',
  'busy',
  'server_error',
  'storage',
  'unexpected',
]

/** Nothing was sent: why, and what to do. */
function Failed({ failure, onAgain }: { failure: Failure; onAgain: () => void }) {
  const { t } = useI18n()
  return (
    <Page title={t.pay.refused} lead={t.pay.nothingTaken} narrow appName={t.app.name}>
      <Trouble failure={failure} />
      <div className="ui-stack">
        {PASSING.includes(failure.code) && (
          <Button wide onClick={onAgain}>
            {t.app.again}
          </Button>
        )}
        <Link className={buttonClass('secondary', true)} href="/scan" replace>
          {t.pay.toScan}
        </Link>
      </div>
    </Page>
  )
}

/** Tells the merchant, who would wait otherwise. Best effort: without it the request runs out. */
async function decline({ requestId }: Order): Promise<void> {
  if (requestId === undefined) return
  const ports = await openAccount()
  const account = await readAccount(ports)
  if (!account) return
  const path = `/api/wallet/payment-requests/${requestId}/decline`
  await walletFetch(ports, path, { method: 'POST', body: {}, key: account.key }).catch(() => undefined)
}

function Sending() {
  const { t } = useI18n()
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 2000)
    return () => clearTimeout(timer)
  }, [])
  return (
    <Page title={t.pay.title} narrow appName={t.app.name}>
      <Spinner>{t.pay.sending}</Spinner>
      <p role="status">{slow && t.pay.slow}</p>
    </Page>
  )
}
