import type { OfferPreview, StoredCredential } from '@pass/holder'
import { Button, buttonClass, Notice, Page, Progress, Spinner, StatusBadge } from '@pass/ui'
import { useState } from 'react'
import { Link, Redirect, useLocation } from 'wouter'
import { askToPersist } from '../device/device.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { finishArrival, useFinishedBefore, useIncoming } from '../incoming.ts'
import { CardFace } from '../parts/card-face.tsx'
import { FailurePage } from '../parts/failure-page.tsx'
import { useReading } from '../parts/use-reading.ts'
import { CodeEntry } from './code-entry.tsx'
import { setWelcomed } from './welcome.tsx'

type Step =
  | { at: 'consent' }
  | { at: 'code'; wrong?: Failure }
  | { at: 'receiving' }
  | { at: 'done'; cards: StoredCredential[] }
  | { at: 'failed'; failure: Failure }

/** Receiving: who offers what, a yes, a number if there is one, and the card. */
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
  return <Offer key={incoming} {...offer.value} />
}

function Offer({ offer, confirmed }: { offer: OfferPreview; confirmed: boolean }) {
  const { t } = useI18n()
  const [step, setStep] = useState<Step>({ at: 'consent' })
  const [, navigate] = useLocation()
  const { txCode } = offer

  async function receive(code?: string) {
    setStep({ at: 'receiving' })
    try {
      const cards = await wallet.receive(offer, code)
      setWelcomed(true)
      finishArrival()
      setStep({ at: 'done', cards })
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
      return <Consent offer={offer} confirmed={confirmed} onAccept={begin} />
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
      return <Done cards={step.cards} />
    case 'failed':
      return <FailurePage failure={step.failure} onAgain={begin} />
  }
}

type ConsentProps = { offer: OfferPreview; confirmed: boolean; onAccept: () => void }

function Consent({ offer, confirmed, onAccept }: ConsentProps) {
  const { t, local } = useI18n()
  return (
    <Page title={t.receive.consent} narrow appName={t.app.name}>
      <section className="ui-panel" aria-labelledby="from">
        <div className="ui-stack tight">
          <h2 id="from" className="panel-title">
            {t.receive.from}
          </h2>
          <p className="party">{local(offer.issuer.name)}</p>
          {confirmed ? (
            <div>
              <StatusBadge tone="success">✓ {t.receive.confirmed}</StatusBadge>
            </div>
          ) : (
            <Notice tone="warning" title={t.receive.unconfirmed}>
              <p>{t.receive.unconfirmedNext}</p>
            </Notice>
          )}
        </div>
      </section>
      {offer.types.map((type) => (
        <section key={type.configurationId} className="ui-stack" aria-label={t.receive.what}>
          <CardFace display={type} issuer={offer.issuer} />
          {type.description && <p>{local(type.description)}</p>}
          <div>
            <h2 className="panel-title">{t.receive.contains}</h2>
            <p>{type.claims.map(({ label }) => local(label)).join(', ')}</p>
          </div>
        </section>
      ))}
      <div className="ui-stack">
        <Button wide onClick={onAccept}>
          {t.receive.accept}
        </Button>
        <Link className={buttonClass('secondary', true)} href="/" replace>
          {t.receive.stop}
        </Link>
      </div>
    </Page>
  )
}

function Done({ cards }: { cards: StoredCredential[] }) {
  const { t } = useI18n()
  return (
    <Page title={t.receive.done} lead={t.receive.doneLead} narrow appName={t.app.name}>
      {cards.map((card) => (
        <CardFace key={card.id} {...card} />
      ))}
      <Link className={buttonClass('primary', true)} href="/" replace>
        {t.receive.toCards}
      </Link>
    </Page>
  )
}
