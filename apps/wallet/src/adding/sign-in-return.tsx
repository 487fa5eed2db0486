import { Button, buttonClass, Notice, Page, Progress } from '@pass/ui'
import { useEffect, useRef, useState } from 'react'
import { Link, Redirect } from 'wouter'
import { askToPersist } from '../device/device.ts'
import type { Failure } from '../engine/failure.ts'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { finishArrival, returnedAddress } from '../incoming.ts'
import { FailureNotice, mayTryAgain, titleOf } from '../parts/failure-page.tsx'
import { useOnline } from '../parts/use-online.ts'
import { useReading } from '../parts/use-reading.ts'
import { Received } from '../screens/received.tsx'
import { setWelcomed } from '../screens/welcome.tsx'
import { useWords } from './i18n.ts'

/** What another sign-in can mend. */
const ANEW: ReadonlySet<Failure['code']> = new Set([
  'sign_in_cancelled',
  'sign_in_failed',
  'sign_in_unknown',
  'sign_in_mixed_up',
  'sign_in_required',
])

/** Back from the sign-in: the rest happens by itself. */
export default function SignInReturn() {
  const { t: app } = useI18n()
  const { t } = useWords()
  const [returned] = useState(returnedAddress)
  const [received, again] = useReading(returned, wallet.completeSignIn)
  const online = useOnline()
  const failed = received.state === 'failed' ? received.failure : undefined

  // A code counts for a minute and once: what is over is not tried again by a reload.
  useEffect(() => {
    if (received.state === 'read' || (failed && !mayTryAgain(failed))) finishArrival()
    if (received.state !== 'read') return
    setWelcomed(true)
    void askToPersist()
  }, [received.state, failed])

  const wasOnline = useRef(online)
  useEffect(() => {
    if (online && !wasOnline.current && failed && mayTryAgain(failed)) again()
    wasOnline.current = online
  }, [online, failed, again])

  const helps = failed && (mayTryAgain(failed) || ANEW.has(failed.code))
  if (returned === undefined) return <Redirect to="/" replace />
  if (received.state === 'read') return <Received {...received.value} />
  if (failed)
    return (
      <Page title={titleOf(app, failed)} narrow appName={app.app.name}>
        <FailureNotice failure={failed} />
        {failed.code === 'offline' && <Notice tone="info">{t.back.resumes}</Notice>}
        <div className="ui-stack">
          {mayTryAgain(failed) && (
            <Button wide onClick={again}>
              {app.app.again}
            </Button>
          )}
          {ANEW.has(failed.code) && (
            <Link className={buttonClass('primary', true)} href="/add" replace>
              {t.back.anew}
            </Link>
          )}
          <Link className={buttonClass(helps ? 'secondary' : 'primary', true)} href="/" replace>
            {app.app.home}
          </Link>
        </div>
      </Page>
    )
  return (
    <Page title={t.back.title} narrow appName={app.app.name}>
      <div role="status">
        <Progress label={t.back.finishing} />
      </div>
      <p className="ui-hint">{t.back.finishingHint}</p>
    </Page>
  )
}
