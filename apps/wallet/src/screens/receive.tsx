import type { OfferPreview, Received as Outcome } from '@pass/holder'
import { Page, Progress, Spinner } from '@pass/ui'
import { useState } from 'react'
import { Redirect, useLocation } from 'wouter'
import { useWords } from '../adding/i18n.ts'
import { Leaving } from '../adding/leaving.tsx'
import { useSignIn } from '../adding/use-sign-in.ts'
import { askToPersist } from '../device/device.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { finishArrival, useFinishedBefore, useIncoming } from '../incoming.ts'
import { FailurePage } from '../parts/failure-page.tsx'
import { useReading } from '../parts/use-reading.ts'
import { CodeEntry } from './code-entry.tsx'
import { OfferConsent } from './receive-consent.tsx'
import { Received } from './received.tsx'
import { setWelcomed } from './welcome.tsx'

type Step =
  | { at: 'consent' }
  | { at: 'code'; wrong?: Failure }
  | { at: 'receiving' }
  | { at: 'done'; outcome: Outcome }
  | { at: 'failed'; failure: Failure }

/** Receiving: who offers what, a yes, a number or a sign-in if there is one, and the card. */
export default function Receive() {
  const { t } = useI18n()
  const finished = useFinishedBefore()
  const incoming = useIncoming()
  const [offer, readAgain] = useReading(finished ? undefined : incoming, wallet.readOffer)
  if (finished) return <Redirect to="/" replace />
  if (incoming === undefined) return <Redirect to="/scan" replace />
  if (offer.state === 'failed') return <FailurePage failure={offer.failure} onAgain={readAgain} />
  if (offer.state === 'reading')
    return (
      <Page title={t.receive.title} narrow appName={t.app.name}>
        <Spinner>{t.receive.reading}</Spinner>
      </Page>
    )
  if (offer.value.offer.signIn) return <OfferToSignIn key={incoming} {...offer.value} />
  return <Offer key={incoming} {...offer.value} />
}

/** An office has prepared the card for somebody, and the sign-in shows that it is this person. */
function OfferToSignIn({ offer, confirmed }: { offer: OfferPreview; confirmed: boolean }) {
  const { t } = useWords()
  const [signIn, begin] = useSignIn()
  switch (signIn.at) {
    case 'leaving':
      return <Leaving />
    case 'failed':
      return <FailurePage failure={signIn.failure} onAgain={() => begin(offer)} />
    case 'here':
      return (
        <OfferConsent
          offer={offer}
          confirmed={confirmed}
          accept={t.signIn.accept}
          hint={t.signIn.hint}
          onAccept={() => begin(offer)}
        />
      )
  }
}

function Offer({ offer, confirmed }: { offer: OfferPreview; confirmed: boolean }) {
  const { t } = useI18n()
  const [step, setStep] = useState<Step>({ at: 'consent' })
  const [, navigate] = useLocation()
  const { txCode } = offer

  async function receive(code?: string) {
    setStep({ at: 'receiving' })
    try {
      const outcome = await wallet.receive(offer, code)
      setWelcomed(true)
      finishArrival()
      setStep({ at: 'done', outcome })
      void askToPersist()
    } catch (error) {
      const failure = toFailure(error)
      const retype = txCode && (failure.code === 'tx_code_wrong' || failure.code === 'tx_code_required')
      setStep(retype ? { at: 'code', wrong: failure } : { at: 'failed', failure })
    }
  }

  const begin = () => (txCode ? setStep({ at: 'code' }) : receive())
  switch (step.at) {
    case 'consent':
      return <OfferConsent offer={offer} confirmed={confirmed} accept={t.receive.accept} onAccept={begin} />
    case 'code':
      return txCode ? (
        <CodeEntry
          txCode={txCode}
          wrong={step.wrong}
          onEnter={receive}
          onStop={() => navigate('/', { replace: true })}
        />
      ) : null
    case 'receiving':
      return (
        <Page title={t.receive.title} narrow appName={t.app.name}>
          <div role="status">
            <Progress label={t.receive.receiving} />
          </div>
          <p className="ui-hint">{t.receive.receivingHint}</p>
        </Page>
      )
    case 'done':
      return <Received {...step.outcome} />
    case 'failed':
      return <FailurePage failure={step.failure} onAgain={begin} />
  }
}
