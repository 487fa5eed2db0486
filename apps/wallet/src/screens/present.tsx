import type { PresentOutcome, RequestPreview } from '@pass/holder'
import { Notice, Page, Progress, Spinner } from '@pass/ui'
import { useState } from 'react'
import { Redirect, useLocation } from 'wouter'
import { askerProof, isAskedElsewhere } from '../account/asker-proof.ts'
import { openAccount } from '../account/device-ports.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { finishArrival, useFinishedBefore, useIncoming, useOpenedHere, useThen } from '../incoming.ts'
import { FailurePage } from '../parts/failure-page.tsx'
import { useReading } from '../parts/use-reading.ts'
import { PresentConsent } from './present-consent.tsx'
import { NothingFits } from './present-missing.tsx'
import { PresentResult, safeReturn, WaysOn } from './present-result.tsx'
import { answered, choiceOf, type Selection, startingSelection } from './selection.ts'

type Step =
  | { at: 'consent' }
  | { at: 'sending' }
  | { at: 'answered'; outcome: PresentOutcome }
  | { at: 'stopped'; redirectUri?: string }
  | { at: 'failed'; failure: Failure }

/** Presenting: who asks for what and why, exactly what would be shown, a yes or a no, and what came of it. */
export default function Present() {
  const { t } = useI18n()
  const finished = useFinishedBefore()
  const incoming = useIncoming()
  const then = useThen()
  const read = useOpenedHere() ? readOpened : readScanned
  const [request, readAgain] = useReading(finished ? undefined : incoming, read)
  if (finished) return <Redirect to="/" replace />
  if (incoming === undefined) return <Redirect to="/scan" replace />
  if (request.state === 'failed') return <FailurePage failure={request.failure} onAgain={readAgain} />
  if (request.state === 'reading')
    return (
      <Page title={t.present.title} narrow appName={t.app.name}>
        <Spinner>{t.present.reading}</Spinner>
      </Page>
    )
  // Before anything could be agreed to, and whether or not a card would fit.
  if (isAskedElsewhere(request.value, then))
    return <FailurePage failure={{ code: 'asked_elsewhere', shared: false }} />
  if (!request.value.satisfiable) return <NothingFits request={request.value} />
  return <Request key={incoming} request={request.value} then={then} />
}

const readOpened = (text: string) => wallet.readRequest(text, true)
const readScanned = (text: string) => wallet.readRequest(text, false)

function Request({ request, then }: { request: RequestPreview; then: string | undefined }) {
  const { t } = useI18n()
  const [step, setStep] = useState<Step>({ at: 'consent' })
  const [selection, setSelection] = useState<Selection>(() => startingSelection(request))
  const [, navigate] = useLocation()

  async function submit() {
    // Known before anything is sent; a connection that fails later may have delivered it all the same.
    if (!navigator.onLine) return setStep({ at: 'failed', failure: { code: 'offline', shared: false } })
    setStep({ at: 'sending' })
    try {
      const outcome = await wallet.present(
        request,
        choiceOf(request, selection),
        askerProof(openAccount, then),
      )
      // Asked by this wallet itself, for something that goes on now: its screen says what came of it.
      if (then && outcome.outcome === 'accepted') return navigate(then, { replace: true })
      finishArrival()
      setStep({ at: 'answered', outcome })
    } catch (error) {
      setStep({ at: 'failed', failure: toFailure(error) })
    }
  }

  function stop() {
    finishArrival()
    setStep({ at: 'stopped' })
    // Telling the verifier is a courtesy; the person need not wait for it.
    wallet.decline(request).then(
      (answer) => setStep({ at: 'stopped', ...answer }),
      () => undefined,
    )
  }

  switch (step.at) {
    case 'consent':
      return (
        <PresentConsent
          request={request}
          selection={selection}
          onSelect={setSelection}
          onSubmit={submit}
          onStop={stop}
        />
      )
    case 'sending':
      return (
        <Page title={t.present.title} narrow appName={t.app.name}>
          <div role="status">
            <Progress label={t.present.submitting} />
          </div>
        </Page>
      )
    case 'answered':
      return (
        <PresentResult
          request={request}
          queries={answered(request, selection)}
          selection={selection}
          outcome={step.outcome}
        />
      )
    case 'stopped':
      return (
        <Page title={t.present.stopped} narrow appName={t.app.name}>
          <Notice tone="success">{t.present.stoppedLead}</Notice>
          <WaysOn back={safeReturn(step.redirectUri)} />
        </Page>
      )
    case 'failed':
      return <FailurePage failure={step.failure} onAgain={submit} />
  }
}
