import { Button, buttonClass, Notice, Page, Spinner } from '@pass/ui'
import { useEffect, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { connect, readAccount } from '../account/account.ts'
import { ApiError } from '../account/api-error.ts'
import { openAccount } from '../account/device-ports.ts'
import { askToPersist } from '../device/device.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import { refreshBalance } from './balance.ts'
import { fetchKeys } from './request.ts'
import { Trouble } from './trouble.tsx'

type Step = 'finishing' | 'open' | 'elsewhere' | 'moving' | 'waiting' | { failure: Failure }

/** After the card was shown: the account opens, or comes over from another phone. */
export default function Connect() {
  const { t, moment } = useI18n()
  const [step, setStep] = useState<Step>('finishing')
  const [, navigate] = useLocation()
  const then = useWaitingScreen()
  const [readyAt, setReadyAt] = useState<number>()

  async function go(move: boolean) {
    setStep(move ? 'moving' : 'finishing')
    try {
      const ports = await openAccount()
      const before = await readAccount(ports)
      // By a reload, or by going back: what was done is not done again.
      const account = before?.verificationId ? await connect(ports, move) : before
      if (account?.status !== 'open' && account?.status !== 'waiting')
        return navigate('/points', { replace: true })
      setReadyAt(account.readyAt)
      if (account.status === 'open') {
        await refreshBalance(ports)
        void askToPersist()
        void fetchKeys(ports).catch(() => undefined)
      }
      setStep(account.status)
    } catch (error) {
      const elsewhere = error instanceof ApiError && error.code === 'account_elsewhere'
      setStep(elsewhere ? 'elsewhere' : { failure: toFailure(error) })
    }
  }

  useEffect(() => void go(false), [])

  if (step === 'finishing' || step === 'moving')
    return (
      <Page title={t.connect.title} narrow appName={t.app.name}>
        <Spinner>{step === 'moving' ? t.connect.moving : t.connect.finishing}</Spinner>
      </Page>
    )
  if (step === 'elsewhere')
    return (
      <Page title={t.connect.elsewhere} lead={t.connect.elsewhereLead} narrow appName={t.app.name}>
        <p>{t.connect.elsewhereDelay}</p>
        <div className="ui-stack">
          <Button wide onClick={() => go(true)}>
            {t.connect.move}
          </Button>
          <Link className={buttonClass('secondary', true)} href="/points" replace>
            {t.app.cancel}
          </Link>
        </div>
      </Page>
    )
  if (typeof step === 'object')
    return (
      <Page title={t.connect.title} narrow appName={t.app.name}>
        <Trouble failure={step.failure} />
        <div className="ui-stack">
          <Button wide onClick={() => go(false)}>
            {t.app.again}
          </Button>
          <Link className={buttonClass('secondary', true)} href="/points" replace>
            {t.connect.toPoints}
          </Link>
        </div>
      </Page>
    )
  const open = step === 'open'
  return (
    <Page title={open ? t.connect.done : t.connect.waiting} narrow appName={t.app.name}>
      <Notice tone={open ? 'success' : 'info'} role="status">
        <p>
          {open && t.connect.doneLead}
          {!open && (readyAt ? t.connect.waitingUntil(moment(readyAt)) : t.connect.waitingSoon)}
        </p>
      </Notice>
      <Link className={buttonClass('primary', true)} href={then ?? '/points'} replace>
        {then ? t.app.next : t.connect.toPoints}
      </Link>
    </Page>
  )
}

/** The screen that needed the connection, to go on there: a place within the wallet and nothing else. */
function useWaitingScreen(): string | undefined {
  const then = new URLSearchParams(useSearch()).get('then') ?? ''
  return /^\/[\w/-]+$/.test(then) ? then : undefined
}
