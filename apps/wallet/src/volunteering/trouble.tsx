import { Button, buttonClass, Notice } from '@pass/ui'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { startConnecting } from '../account/account.ts'
import { openAccount } from '../account/device-ports.ts'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { arrivalOf } from '../incoming.ts'
import { useCards } from '../parts/use-stored.ts'
import { useWords } from './i18n.ts'

/** The stable code of what was thrown; `offline` when there is no network to blame anything else. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected'
  return ['network', 'unexpected'].includes(code) && !navigator.onLine ? 'offline' : code
}

/** Codes that another try can mend. */
const PASSING = ['offline', 'network', 'busy', 'server_error', 'unexpected']

/** What went wrong and what to do next: another try, or first the connection with the city. */
export function Trouble({
  error,
  onAgain,
  then,
}: {
  error: unknown
  onAgain?: () => void
  /** Where to come back to after connecting. */
  then: string
}) {
  const { t } = useWords()
  const { t: app } = useI18n()
  const code = codeOf(error)
  const { title, next } = t.trouble[code] ?? t.trouble['unexpected'] ?? { title: code, next: '' }
  return (
    <Notice tone={code === 'wallet_unknown' ? 'info' : 'error'} role="alert" title={title}>
      <p>{next}</p>
      {code === 'wallet_unknown' && <ConnectLink then={then} />}
      {onAgain && PASSING.includes(code) && (
        <div>
          <Button variant="secondary" onClick={onAgain}>
            {app.app.again}
          </Button>
        </div>
      )}
    </Notice>
  )
}

/** The one proof that ties points and hours to a citizen, and the way back to what they were about to do. */
export function ConnectLink({ then }: { then: string }) {
  const { t } = useWords()
  const { t: app } = useI18n()
  const [, navigate] = useLocation()
  const cards = useCards()
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState(false)

  async function start() {
    setBusy(true)
    setFailed(false)
    wallet.prepare()
    try {
      const request = await startConnecting(await openAccount())
      navigate('/present', { state: arrivalOf(request, `/points/connect?then=${then}`) })
    } catch {
      setFailed(true)
      setBusy(false)
    }
  }

  if (cards.state === 'ready' && cards.value.length === 0)
    return (
      <>
        <p>{t.activity.cardFirst}</p>
        <div>
          <Link className={buttonClass()} href="/scan">
            {app.home.scan}
          </Link>
        </div>
      </>
    )
  return (
    <>
      <div>
        <Button busy={busy} onClick={start}>
          {t.activity.connect}
        </Button>
      </div>
      <div role="alert">{failed && t.trouble['network']?.next}</div>
    </>
  )
}
