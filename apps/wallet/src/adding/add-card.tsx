import type { OfferPreview } from '@pass/holder'
import { Button, buttonClass, Notice, Page, Spinner } from '@pass/ui'
import { useState } from 'react'
import { Link } from 'wouter'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { CardFace } from '../parts/card-face.tsx'
import { FailurePage } from '../parts/failure-page.tsx'
import { useReading } from '../parts/use-reading.ts'
import { useCards, usePending } from '../parts/use-stored.ts'
import { OfferConsent } from '../screens/receive-consent.tsx'
import { useWords } from './i18n.ts'
import { Leaving } from './leaving.tsx'
import { fetchOfferedCards, issuerOf, standingOf } from './offered.ts'
import { useSignIn } from './use-sign-in.ts'

type Chosen = { offer: OfferPreview; confirmed: boolean; approved: boolean }

/** One card of one office: what it holds and who gives it, a yes, and the way to the sign-in. */
export default function AddCard({ office, type }: { office: string; type: string }) {
  const { t: app } = useI18n()
  const { t } = useWords()
  const [chosen, readAgain] = useReading(`${office}/${type}`, readChosen)
  if (chosen.state === 'failed') return <FailurePage failure={chosen.failure} onAgain={readAgain} />
  if (chosen.state === 'reading')
    return (
      <Page title={t.back.title} narrow appName={app.app.name}>
        <Spinner>{t.signIn.reading}</Spinner>
      </Page>
    )
  return <ChosenCard {...chosen.value} />
}

async function readChosen(path: string): Promise<Chosen> {
  const [office = '', type = ''] = path.split('/')
  const [read, all] = await Promise.all([
    wallet.readCard(issuerOf(office), type),
    // That an officer looks at it first is good to know beforehand, and no more.
    fetchOfferedCards().catch(() => []),
  ])
  const approved = all.some(
    (card) => card.issuer.id === issuerOf(office) && card.configurationId === type && card.approved,
  )
  return { ...read, approved }
}

function ChosenCard({ offer, confirmed, approved }: Chosen) {
  const { t } = useWords()
  const cards = useCards()
  const pending = usePending()
  const [signIn, begin] = useSignIn()
  const [another, setAnother] = useState(false)
  const [type] = offer.types
  if (signIn.at === 'leaving') return <Leaving />
  if (signIn.at === 'failed') return <FailurePage failure={signIn.failure} onAgain={() => begin(offer)} />
  if (!type) return <FailurePage failure={{ code: 'not_found', shared: false }} />
  if (cards.state === 'loading' || pending.state === 'loading') return null
  const standing = standingOf(
    { issuer: offer.issuer, configurationId: type.configurationId, vct: type.vct },
    cards.state === 'ready' ? cards.value : [],
    pending.state === 'ready' ? pending.value : [],
    Date.now(),
  )
  if (standing.at === 'waiting')
    return <There offer={offer} title={t.waiting.title} lead={t.waiting.lead} href="/" />
  if (standing.at === 'held' && !another)
    return (
      <There
        offer={offer}
        title={t.held.title}
        lead={t.held.lead}
        href={`/cards/${standing.credentialId}`}
        onAnother={() => setAnother(true)}
      />
    )
  return (
    <OfferConsent
      offer={offer}
      confirmed={confirmed}
      accept={approved ? t.signIn.apply : t.signIn.accept}
      hint={t.signIn.hint}
      stopHref="/add"
      onAccept={() => begin(offer)}
    >
      {approved && (
        <Notice tone="info" title={t.signIn.approved}>
          <p>{t.signIn.approvedNext}</p>
        </Notice>
      )}
    </OfferConsent>
  )
}

type ThereProps = {
  offer: OfferPreview
  title: string
  lead: string
  href: string
  onAnother?: () => void
}

/** Nothing to do: the card is here, or on its way. */
function There({ offer, title, lead, href, onAnother }: ThereProps) {
  const { t: app } = useI18n()
  const { t } = useWords()
  return (
    <Page title={title} lead={lead} narrow appName={app.app.name}>
      {offer.types.map((type) => (
        <CardFace key={type.configurationId} display={type} issuer={offer.issuer} />
      ))}
      <div className="ui-stack">
        <Link className={buttonClass('primary', true)} href={href} replace>
          {onAnother ? t.held.look : app.app.home}
        </Link>
        {onAnother && (
          <Button wide variant="secondary" onClick={onAnother}>
            {t.held.another}
          </Button>
        )}
      </div>
    </Page>
  )
}
