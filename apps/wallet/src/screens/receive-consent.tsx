import type { OfferPreview } from '@pass/holder'
import { Button, buttonClass, Notice, Page, StatusBadge } from '@pass/ui'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { CardFace } from '../parts/card-face.tsx'

type Props = {
  offer: OfferPreview
  /** Whether the city stands behind who offers. */
  confirmed: boolean
  /** On the button, and what pressing it leads to. */
  accept: string
  hint?: string
  onAccept: () => void
  stopHref?: string
  /** What else there is to know before the yes. */
  children?: ReactNode
}

/** Who gives which card and what it holds; nothing is received before the yes. */
export function OfferConsent({ offer, confirmed, accept, hint, onAccept, stopHref = '/', children }: Props) {
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
      {children}
      <div className="ui-stack">
        <Button wide onClick={onAccept}>
          {accept}
        </Button>
        {hint && <p className="ui-hint">{hint}</p>}
        <Link className={buttonClass('secondary', true)} href={stopHref} replace>
          {t.receive.stop}
        </Link>
      </div>
    </Page>
  )
}
