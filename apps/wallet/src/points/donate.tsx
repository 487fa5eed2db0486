import type { Localized, PaymentRecord } from '@pass/holder'
import { Button, EmptyState, Page, RadioGroup, Spinner, TextField } from '@pass/ui'
import { type FormEvent, useState } from 'react'
import { Redirect } from 'wouter'
import { openAccount } from '../account/device-ports.ts'
import { walletFetch } from '../account/wallet-fetch.ts'
import { useI18n } from '../i18n.ts'
import { Back } from '../parts/back.tsx'
import { FailurePage } from '../parts/failure-page.tsx'
import { useReading } from '../parts/use-reading.ts'
import './points.css'
import { leftToSpend } from './balance.ts'
import { DonateConfirm } from './donate-confirm.tsx'
import { PayResult } from './pay-result.tsx'
import type { Order } from './payments.ts'
import { useAccount, useBalance, useOpenPayments, usePoints } from './use-points.ts'

type Payee = { id: number; name: Localized; description: Localized | null; kind: 'fund' | 'exchange' }

async function readPayees(): Promise<Payee[]> {
  const ports = await openAccount()
  const [funds, exchanges] = await Promise.all(
    (['fund', 'exchange'] as const).map(async (kind) => {
      const payees = await walletFetch<Omit<Payee, 'kind'>[]>(ports, `/api/payees?kind=${kind}`)
      return payees.map((payee): Payee => ({ ...payee, kind }))
    }),
  )
  return [...(funds ?? []), ...(exchanges ?? [])]
}

/** Giving points away, or changing them into the local currency: where to, how many, and a yes. */
export default function Donate() {
  const { t, local } = useI18n()
  const points = usePoints()
  const account = useAccount()
  const balance = useBalance()
  const open = useOpenPayments()
  const [payees, again] = useReading('payees', readPayees)
  const [chosen, setChosen] = useState('')
  const [amount, setAmount] = useState('')
  const [errors, setErrors] = useState<{ chosen?: string; amount?: string }>({})
  const [order, setOrder] = useState<Order>()
  const [sent, setSent] = useState<PaymentRecord>()

  if (account.state === 'ready' && account.value?.status !== 'open') return <Redirect to="/points" replace />
  if (payees.state === 'failed') return <FailurePage failure={payees.failure} onAgain={again} />
  if (payees.state === 'reading' || balance.state !== 'ready' || open.state !== 'ready')
    return (
      <Page title={t.donate.title} before={<Back href="/points" />} narrow appName={t.app.name}>
        <Spinner>{t.donate.loading}</Spinner>
      </Page>
    )
  if (sent)
    return (
      <PayResult
        payment={sent}
        title={sent.payee.kind === 'exchange' ? t.donate.exchanged : t.donate.donated}
      >
        <p>
          {sent.payee.kind === 'exchange' ? t.donate.exchangedNext : t.donate.thanks(local(sent.payee.name))}
        </p>
      </PayResult>
    )
  if (order) return <DonateConfirm order={order} onChange={() => setOrder(undefined)} onSent={setSent} />

  const most = balance.value ? leftToSpend(balance.value, open.value) : 0n

  function next(event: FormEvent) {
    event.preventDefault()
    if (payees.state !== 'read') return
    const payee = payees.value.find(({ id }) => String(id) === chosen)
    const digits = amount.replace(/[\s,]/g, '')
    if (!payee) return setErrors({ chosen: t.donate.chooseFirst })
    if (!/^[1-9]\d{0,11}$/.test(digits)) return setErrors({ amount: t.donate.amountEmpty })
    if (BigInt(digits) > most) return setErrors({ amount: t.donate.amountTooMuch(points(most)) })
    setErrors({})
    const { id, name, kind } = payee
    // One attempt, however often its button is pressed.
    setOrder({ id: crypto.randomUUID(), payee: { id, name, kind }, amount: digits })
  }

  return (
    <Page
      title={t.donate.title}
      lead={t.donate.lead}
      before={<Back href="/points" />}
      narrow
      appName={t.app.name}
    >
      {payees.value.length === 0 ? (
        <EmptyState title={t.donate.empty}>
          <p>{t.donate.emptyNext}</p>
        </EmptyState>
      ) : (
        <form className="ui-stack points-form" onSubmit={next} noValidate>
          <RadioGroup
            legend={t.donate.choose}
            value={chosen}
            onChange={setChosen}
            options={payees.value.map(({ id, name, description, kind }) => ({
              value: String(id),
              label: local(name),
              hint: [
                kind === 'fund' ? t.donate.fundHint : t.donate.exchangeHint,
                description ? local(description) : '',
              ]
                .filter(Boolean)
                .join(' · '),
            }))}
          />
          <div role="alert">{errors.chosen && <p className="ui-error">{errors.chosen}</p>}</div>
          <TextField
            label={t.donate.amount}
            hint={t.donate.amountHint(points(most < 0n ? 0n : most))}
            error={errors.amount}
            value={amount}
            onChange={setAmount}
            inputMode="numeric"
            autoComplete="off"
          />
          <Button type="submit" wide>
            {t.donate.next}
          </Button>
        </form>
      )}
    </Page>
  )
}
