import { Button } from '@pass/ui'
import { useState } from 'react'
import type { Verification } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { askBrowserWallet, askOnThisDevice, hasBrowserWallets, type Question } from './question.ts'

/** The ways to answer without a second device. Each is a request of its own: the code on the screen is for phones. */
export function ThisDevice({
  question,
  onResult,
}: {
  question: Question
  onResult: (verification: Verification) => void
}) {
  const { t } = useI18n()
  const [busy, setBusy] = useState<'link' | 'browser'>()
  const [error, setError] = useState<unknown>()
  const act = async (which: 'link' | 'browser', work: () => Promise<void>) => {
    if (busy) return
    setBusy(which)
    setError(undefined)
    try {
      await work()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(undefined)
    }
  }
  const leave = () => act('link', async () => location.assign(await askOnThisDevice(question)))
  const ask = () => act('browser', async () => onResult(await askBrowserWallet(question)))
  return (
    <>
      <Failure error={error} />
      <div className="this-device">
        <Button variant="secondary" onClick={leave} busy={busy === 'link'}>
          {t.desk.sameDevice}
        </Button>
        <p className="ui-hint">{t.desk.sameDeviceHint}</p>
      </div>
      {hasBrowserWallets() && (
        <div className="this-device">
          <Button variant="secondary" onClick={ask} busy={busy === 'browser'}>
            {t.desk.browserWallet}
          </Button>
          <p className="ui-hint">{t.desk.browserWalletHint}</p>
        </div>
      )}
    </>
  )
}
