import type { PaymentRecord } from '@pass/holder'
import { Button, buttonClass, Notice, Page, QrCode, Spinner } from '@pass/ui'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Link } from 'wouter'
import { openAccount } from '../account/device-ports.ts'
import { useI18n } from '../i18n.ts'
import { useOnline } from '../parts/use-online.ts'
import { codeOf, outcomeOf } from './payments.ts'
import { usePoints } from './use-points.ts'

const ASK_EVERY_MS = 2_000
const SOON_SECONDS = 30

type Props = {
  payment: PaymentRecord
  onOutcome: (payment: PaymentRecord) => void
  /** Sends what the code says, now that there is a network. */
  onPay: () => void
}

/** The signed payment as a code, until it is scanned, runs out, or the network is back and says what happened. */
export function PayCode({ payment, onOutcome, onPay }: Props) {
  const { t, local } = useI18n()
  const points = usePoints()
  const online = useOnline()
  const seconds = useSecondsLeft(payment.goodUntil)
  useOutcome(payment, onOutcome)
  const code = useMemo(() => codeOf(payment), [payment])
  const payee = local(payment.payee.name)
  if (seconds === undefined) return null
  if (seconds <= 0)
    return (
      <Page title={t.pay.codeOver} narrow appName={t.app.name}>
        <Notice tone="warning" role="status">
          <p>{t.pay.codeOverNext}</p>
        </Notice>
        {online && <Spinner>{t.pay.looking}</Spinner>}
        <div className="ui-stack">
          <Link className={buttonClass('primary', true)} href="/scan" replace>
            {t.pay.toScan}
          </Link>
          <Link className={buttonClass('secondary', true)} href="/points" replace>
            {t.pay.toPoints}
          </Link>
        </div>
      </Page>
    )
  return (
    <Page title={t.pay.codeTitle} narrow appName={t.app.name}>
      <div className="pay-code">
        <p className="pay-payee">{payee}</p>
        <p className="points-amount">{points(payment.amount)}</p>
        <div className="pay-qr">
          <QrCode value={code} label={t.pay.codeLabel(points(payment.amount), payee)} />
        </div>
        <p className="pay-clock" role="timer" aria-live="off">
          {t.pay.codeLeft(clockOf(seconds))}
        </p>
        <p role="status">{seconds <= SOON_SECONDS && t.pay.codeSoon}</p>
      </div>
      {online && (
        <Notice tone="info" role="status" title={t.pay.online}>
          <div>
            <Button onClick={onPay}>{t.pay.payNow}</Button>
          </div>
        </Notice>
      )}
      <p>{t.pay.codeNext}</p>
      <p className="ui-hint">{t.pay.codeKept}</p>
      <Link className={buttonClass('secondary', true)} href="/points" replace>
        {t.pay.toPoints}
      </Link>
    </Page>
  )
}

const clockOf = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`

/** Whole seconds until a time of the city's clock. */
function useSecondsLeft(until: number): number | undefined {
  const [seconds, setSeconds] = useState<number>()
  useEffect(() => {
    const tick = () =>
      void openAccount()
        .then(({ clock }) => clock.now())
        .then((now) => setSeconds(Math.max(0, Math.ceil((until - now) / 1000))))
    tick()
    const timer = setInterval(tick, 1000)
    return () => clearInterval(timer)
  }, [until])
  return seconds
}

/** Asks what became of it for as long as that is open and there is a network. */
function useOutcome(payment: PaymentRecord, onOutcome: (payment: PaymentRecord) => void): void {
  const told = useRef(onOutcome)
  told.current = onOutcome
  useEffect(() => {
    let stopped = false
    let asking = false
    async function ask() {
      if (asking || !navigator.onLine || document.visibilityState === 'hidden') return
      asking = true
      const known = await openAccount()
        .then((ports) => outcomeOf(ports, payment))
        .catch(() => payment)
      asking = false
      if (!stopped && known.state !== 'open') told.current(known)
    }
    void ask()
    const timer = setInterval(() => void ask(), ASK_EVERY_MS)
    return () => {
      stopped = true
      clearInterval(timer)
    }
  }, [payment])
}
