import type { StoredCredential } from '@pass/holder'
import { Button, buttonClass, Dialog, Notice, Page, Spinner, StatusBadge } from '@pass/ui'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { type Failure, toFailure } from '../engine/failure.ts'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { Back } from '../parts/back.tsx'
import { CardFace, isRecorded, standingOf } from '../parts/card-face.tsx'
import { Claims } from '../parts/claims.tsx'
import { FailureNotice, StorageNotice } from '../parts/failure-page.tsx'
import { useCards } from '../parts/use-stored.ts'

/** One card: what is on it, how long it holds, its issue record, and the way to delete it. */
export function CardPage({ id }: { id: string }) {
  const { t, local } = useI18n()
  const cards = useCards()
  const card = cards.state === 'ready' ? cards.value.find((one) => one.id === id) : undefined
  if (card)
    return (
      <Page title={local(card.display.name)} narrow appName={t.app.name} before={<Back href="/" />}>
        <CardDetail card={card} />
      </Page>
    )
  return (
    <Page title={cards.state === 'ready' ? t.card.gone : t.home.title} narrow appName={t.app.name}>
      {cards.state === 'loading' && <Spinner>{t.app.loading}</Spinner>}
      {cards.state === 'failed' && <StorageNotice />}
      {cards.state === 'ready' && (
        <Link className={buttonClass('primary', true)} href="/">
          {t.app.home}
        </Link>
      )}
    </Page>
  )
}

function CardDetail({ card }: { card: StoredCredential }) {
  const { t, local, day } = useI18n()
  const standing = standingOf(card, Date.now())
  return (
    <>
      <div className="ui-stack">
        <CardFace {...card} />
        <div className="ui-row">
          {standing === 'expired' ? (
            <StatusBadge tone="error">{t.card.expired}</StatusBadge>
          ) : (
            <StatusBadge tone="success">{t.card.valid}</StatusBadge>
          )}
          {isRecorded(card) ? (
            <StatusBadge tone="success">{t.card.recordConfirmed}</StatusBadge>
          ) : (
            <StatusBadge tone="info">{t.card.recordPending}</StatusBadge>
          )}
        </div>
        {standing === 'expired' && <Notice tone="warning">{t.card.expiredNext}</Notice>}
        {standing === 'confirming' && <p className="ui-hint">{t.card.recordPendingNext}</p>}
        {card.display.description && <p>{local(card.display.description)}</p>}
      </div>
      <section className="ui-stack" aria-labelledby="contents">
        <h2 id="contents">{t.card.contents}</h2>
        <Claims claims={card.claims} />
        <p className="ui-hint">{t.card.contentsHint}</p>
      </section>
      <dl className="ui-list card-facts">
        <div>
          <dt>{t.card.issuer}</dt>
          <dd>{local(card.issuer.name)}</dd>
        </div>
        {card.issuedAt !== undefined && (
          <div>
            <dt>{t.card.issued}</dt>
            <dd>{day(card.issuedAt)}</dd>
          </div>
        )}
        {card.expiresAt !== undefined && (
          <div>
            <dt>{t.card.expires}</dt>
            <dd>{t.card.until(day(card.expiresAt))}</dd>
          </div>
        )}
      </dl>
      <DeleteCard card={card} />
    </>
  )
}

function DeleteCard({ card }: { card: StoredCredential }) {
  const { t, local } = useI18n()
  const [, navigate] = useLocation()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  async function remove() {
    setBusy(true)
    try {
      await wallet.remove(card.id)
      navigate('/', { replace: true })
    } catch (error) {
      setFailure(toFailure(error))
      setBusy(false)
    }
  }

  return (
    <div>
      <Button variant="secondary" onClick={() => setAsking(true)}>
        {t.card.delete}
      </Button>
      <Dialog
        open={asking}
        title={t.card.deleteTitle(local(card.display.name))}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t.app.cancel}
            </Button>
            <Button variant="danger" busy={busy} onClick={remove}>
              {busy ? t.card.deleting : t.card.deleteConfirm}
            </Button>
          </>
        }
      >
        <p>{t.card.deleteBody}</p>
        {failure && <FailureNotice failure={failure} titled />}
      </Dialog>
    </div>
  )
}
