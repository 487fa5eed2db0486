import type { AccountRecord } from '@pass/holder'
import { Button, buttonClass, Notice, Page } from '@pass/ui'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { startConnecting } from '../account/account.ts'
import { openAccount } from '../account/device-ports.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { awaitReceipts, wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { arrivalOf } from '../incoming.ts'
import { useCards } from '../parts/use-stored.ts'
import { Trouble } from './trouble.tsx'

/** The beginning: a resident card is shown once, by the same screen that shows cards to anyone. */
export function StartConnecting({ closed }: { closed: 'moved' | 'objected' | undefined }) {
  const { t } = useI18n()
  const [, navigate] = useLocation()
  const cards = useCards()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()
  const titles = { new: t.connect.title, moved: t.connect.closed, objected: t.connect.stopped }
  const leads = { new: t.connect.lead, moved: t.connect.closedLead, objected: t.connect.stoppedLead }
  const noCards = cards.state === 'ready' && cards.value.length === 0

  async function start() {
    setBusy(true)
    setFailure(undefined)
    wallet.prepare()
    try {
      await awaitReceipts()
      const request = await startConnecting(await openAccount())
      navigate('/present', { state: arrivalOf(request, '/points/connect') })
    } catch (error) {
      setFailure(toFailure(error))
      setBusy(false)
    }
  }

  return (
    <Page title={titles[closed ?? 'new']} lead={leads[closed ?? 'new']} narrow appName={t.app.name}>
      {noCards ? (
        <>
          <Notice tone="info" title={t.connect.needsCard}>
            <p>{t.connect.needsCardNext}</p>
          </Notice>
          <Link className={buttonClass('primary', true)} href="/scan">
            {t.home.scan}
          </Link>
        </>
      ) : (
        <>
          <p>{t.connect.shows}</p>
          {failure && <Trouble failure={failure} />}
          <Button wide busy={busy} onClick={start}>
            {busy ? t.connect.starting : t.connect.start}
          </Button>
        </>
      )}
    </Page>
  )
}

/** The points are still with an older phone, which has time to object. */
export function Waiting({ account }: { account: AccountRecord }) {
  const { t, moment } = useI18n()
  return (
    <Page title={t.connect.waiting} narrow appName={t.app.name}>
      <Notice
        tone="info"
        title={account.readyAt ? t.connect.waitingUntil(moment(account.readyAt)) : t.connect.waitingSoon}
      >
        <p>{t.connect.elsewhereDelay}</p>
      </Notice>
    </Page>
  )
}
