import { passCode } from '@pass/holder/wallet-key'
import { buttonClass, Notice, Page, QrCode, Spinner } from '@pass/ui'
import { useEffect, useState } from 'react'
import { Link, Redirect, useLocation } from 'wouter'
import { readAccount } from '../account/account.ts'
import { openAccount } from '../account/device-ports.ts'
import { useI18n } from '../i18n.ts'
import { useOnline } from '../parts/use-online.ts'
import './points.css'
import { requestsToMe } from './request.ts'
import { useAccount } from './use-points.ts'

/** A code is good for a minute: the next one comes well before. */
const NEW_EVERY_MS = 30_000
const ASK_EVERY_MS = 1_500

/** The code that a merchant or an organiser scans. What a merchant then asks for opens by itself. */
export default function Pass() {
  const { t } = useI18n()
  const account = useAccount()
  const online = useOnline()
  const code = usePassCode()
  useRequests()
  if (account.state === 'ready' && account.value?.status !== 'open') return <Redirect to="/points" replace />
  return (
    <Page title={t.pass.title} lead={t.pass.lead} narrow appName={t.app.name}>
      {!online && (
        <Notice tone="warning" role="status">
          <p>{t.pass.offline}</p>
        </Notice>
      )}
      {code ? (
        <div className="pay-code">
          <div className="pay-qr">
            <QrCode value={code} label={t.pass.label} />
          </div>
        </div>
      ) : (
        <Spinner>{t.pass.making}</Spinner>
      )}
      <p>{t.pass.waiting}</p>
      <p className="ui-hint">{t.pass.fresh}</p>
      <Link className={buttonClass('secondary', true)} href="/points">
        {t.pay.toPoints}
      </Link>
    </Page>
  )
}

function usePassCode(): string | undefined {
  const [code, setCode] = useState<string>()
  useEffect(() => {
    let gone = false
    async function renew() {
      if (document.visibilityState === 'hidden') return
      const { keys, store, clock, origin } = await openAccount()
      const account = await readAccount({ store })
      if (account?.status !== 'open') return
      const jws = await passCode({ keys, key: account.key, now: await clock.now() })
      if (!gone) setCode(`${origin}/wallet/pass#${jws}`)
    }
    const again = () => void renew()
    again()
    const timer = setInterval(again, NEW_EVERY_MS)
    document.addEventListener('visibilitychange', again)
    return () => {
      gone = true
      clearInterval(timer)
      document.removeEventListener('visibilitychange', again)
    }
  }, [])
  return code
}

/** Opens what a merchant asks of this wallet, as soon as it does. */
function useRequests(): void {
  const [, navigate] = useLocation()
  useEffect(() => {
    let gone = false
    let asking = false
    async function ask() {
      if (asking || !navigator.onLine || document.visibilityState === 'hidden') return
      asking = true
      const [first] = await openAccount()
        .then(requestsToMe)
        .catch(() => [])
      asking = false
      if (first && !gone) navigate('/pay', { state: { requestId: first.id } })
    }
    void ask()
    const timer = setInterval(() => void ask(), ASK_EVERY_MS)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [navigate])
}
