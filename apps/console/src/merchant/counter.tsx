import { Button, Notice, Page, QrCode, Spinner, TextField } from '@pass/ui'
import { type FormEvent, useState } from 'react'
import { ApiError, call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { usePoll } from '../load.ts'
import { Scanner } from '../parts/scanner.tsx'
import { amountIn, usePoints } from '../points.ts'
import type { Payment, PaymentRequest, PaymentRequestState } from './types.ts'

type Step =
  | { at: 'amount' }
  | { at: 'scan'; amount: string | undefined }
  | { at: 'waiting'; request: PaymentRequest; asked: 'qr' | 'pass' }
  | { at: 'over'; payment: Payment | undefined; state: PaymentRequestState['state'] }

/**
 * The counter, made for a phone in one hand: an amount, then either the citizen scans our code or we scan theirs.
 * What a citizen without a network shows is a finished payment, which we send.
 */
export default function Counter() {
  const { t } = useI18n()
  const [step, setStep] = useState<Step>({ at: 'amount' })
  const [amount, setAmount] = useState('')
  const [invalid, setInvalid] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  const attempt = async (work: () => Promise<Step>) => {
    setBusy(true)
    setError(undefined)
    try {
      setStep(await work())
    } catch (failure) {
      setError(failure)
      setStep({ at: 'amount' })
    } finally {
      setBusy(false)
    }
  }
  const ask = (asked: 'qr' | 'pass', digits: string, pass?: string) =>
    attempt(async () => {
      const body = { amount: digits, ...(pass === undefined ? {} : { pass }) }
      const request = await call<PaymentRequest>('POST', '/api/merchant/payment-requests', body)
      return { at: 'waiting', request, asked }
    })
  const scanned = async (text: string, digits: string | undefined) => {
    if (text.startsWith(PAYMENT_CODE))
      return attempt(async () => {
        const payment = await call<Payment>('POST', '/api/merchant/payment-codes', { code: text })
        return { at: 'over', payment, state: 'paid' }
      })
    if (text.includes(PASS) && digits !== undefined) return ask('pass', digits, text)
    setError(new ApiError(text.includes(PASS) ? 'amount_first' : 'code_foreign', 0, ''))
    return setStep({ at: 'amount' })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const digits = amountIn(amount)
    setInvalid(digits === undefined)
    if (digits !== undefined && !busy) void ask('qr', digits)
  }
  const again = () => {
    setAmount('')
    setError(undefined)
    setStep({ at: 'amount' })
  }

  return (
    <Page title={t.counter.title} narrow>
      <div role="alert">
        <Failure error={error} />
      </div>
      {step.at === 'amount' && (
        <form className="ui-stack" noValidate onSubmit={submit}>
          <TextField
            label={t.counter.amount}
            value={amount}
            onChange={(value) => {
              setAmount(value)
              setInvalid(false)
            }}
            inputMode="numeric"
            autoComplete="off"
            error={invalid && t.counter.amountInvalid}
          />
          <Button type="submit" wide busy={busy}>
            {t.counter.showQr}
          </Button>
          <Button
            variant="secondary"
            wide
            onClick={() => {
              setError(undefined)
              setStep({ at: 'scan', amount: amountIn(amount) })
            }}
          >
            {t.counter.scan}
          </Button>
          <p className="ui-hint">{t.counter.scanHint}</p>
        </form>
      )}
      {step.at === 'scan' && (
        <>
          <Scanner label={t.counter.video} onText={(text) => void scanned(text, step.amount)} />
          <Button variant="text" onClick={again}>
            {t.cancel}
          </Button>
        </>
      )}
      {step.at === 'waiting' && (
        <Waiting
          {...step}
          onOver={(state, payment) => setStep({ at: 'over', state, payment })}
          onCode={() => setStep({ at: 'scan', amount: step.request.amount })}
          onCancel={async () => {
            await call('POST', `/api/merchant/payment-requests/${step.request.id}/cancel`, {}).catch(setError)
            again()
          }}
        />
      )}
      {step.at === 'over' && <Over {...step} onAgain={again} />}
    </Page>
  )
}

/** How a finished payment begins that a phone without a network shows; and where a citizen's own code leads. */
const PAYMENT_CODE = 'PASSPAY1:'
const PASS = '/wallet/pass#'

type WaitingProps = {
  request: PaymentRequest
  asked: 'qr' | 'pass'
  onOver: (state: PaymentRequestState['state'], payment: Payment | undefined) => void
  onCode: () => void
  onCancel: () => void
}

function Waiting({ request, asked, onOver, onCode, onCancel }: WaitingProps) {
  const { t } = useI18n()
  const points = usePoints()
  usePoll(true, 300, async () => {
    const now = await call<PaymentRequestState>('GET', `/api/merchant/payment-requests/${request.id}`)
    if (now.state !== 'open') onOver(now.state, now.payment ?? undefined)
  })
  return (
    <section className="handover">
      <p className="counter-amount">{points(request.amount)}</p>
      {asked === 'qr' ? (
        <>
          <p>{t.counter.letScan}</p>
          <QrCode value={request.qr} label={t.counter.qrLabel} />
          <Spinner>{t.counter.waiting}</Spinner>
          <Button variant="secondary" wide onClick={onCode}>
            {t.counter.scanCode}
          </Button>
          <p className="ui-hint">{t.counter.scanCodeHint}</p>
        </>
      ) : (
        <Spinner>{t.counter.waitingPass}</Spinner>
      )}
      <Button variant="text" onClick={onCancel}>
        {t.counter.cancelRequest}
      </Button>
    </section>
  )
}

type OverProps = { payment: Payment | undefined; state: PaymentRequestState['state']; onAgain: () => void }

function Over({ payment, state, onAgain }: OverProps) {
  const { t, moment } = useI18n()
  const points = usePoints()
  const paid = state === 'paid' && payment
  return (
    <>
      <Notice
        tone={paid ? 'success' : 'warning'}
        role="alert"
        title={paid ? t.counter.paid : t.counter.notPaid[state]}
      >
        {paid && (
          <>
            <p className="counter-amount">{points(payment.amount)}</p>
            <p>{moment(new Date(payment.heldAt).getTime())}</p>
          </>
        )}
        {!paid && <p>{t.counter.nothingTaken}</p>}
      </Notice>
      <Button wide onClick={onAgain}>
        {t.counter.next}
      </Button>
    </>
  )
}
