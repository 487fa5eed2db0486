import type { CardDisplay, StoredCredential } from '@pass/holder'
import type { CSSProperties } from 'react'
import { useI18n } from '../i18n.ts'
import { cardColours } from './colours.ts'

type Face = { display: CardDisplay; issuer: StoredCredential['issuer']; expiresAt?: number; status?: string }

/** How a card looks: the colours of its type, its name, who issued it, until when, and its state in words. */
export function CardFace({ display, issuer, expiresAt, status }: Face) {
  const { t, local, day } = useI18n()
  const { background, text } = cardColours(display)
  const colours: CSSProperties & Record<`--${string}`, string> = { '--card': background, '--card-text': text }
  return (
    <span className="card-face" style={colours}>
      <span className="card-name">{local(display.name)}</span>
      <span className="card-issuer">{local(issuer.name)}</span>
      <span className="card-foot">
        {expiresAt !== undefined && <span>{t.card.until(day(expiresAt))}</span>}
        {status && <span className="card-status">{status}</span>}
      </span>
    </span>
  )
}

export type Standing = 'expired' | 'confirmed' | 'confirming'

/** A card's state, told by what the device knows by itself. */
export function standingOf(card: StoredCredential, now: number): Standing {
  if (card.expiresAt !== undefined && card.expiresAt <= now) return 'expired'
  return isRecorded(card) ? 'confirmed' : 'confirming'
}

/**
 * Whether the card can be shown with its issue record. Copies are recorded one after the other, and fresh ones come
 * now and then; one that is recorded is enough to show.
 */
export function isRecorded(card: StoredCredential): boolean {
  return card.copies.some(({ receipt }) => receipt !== undefined)
}
