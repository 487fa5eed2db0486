import type { PendingIssuance } from '@pass/holder'
import { Button, Dialog, type Language, Notice } from '@pass/ui'
import { useState } from 'react'
import { type Failure, toFailure } from '../engine/failure.ts'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { FailureNotice } from '../parts/failure-page.tsx'
import { WaitingCard } from '../parts/waiting-card.tsx'

/** A card that is not here yet: interrupted on the way, broken off at the sign-in, or waiting for its office. */
export function Unfinished({ pending }: { pending: PendingIssuance }) {
  const { t, local, language } = useI18n()
  const cards = pending.configurations.map(({ name }) => local(name)).join(', ')
  switch (pending.state) {
    case 'begun':
      return null
    case 'waiting':
      return <Waiting pending={pending} />
    case 'signing_in':
      return (
        <Interrupted
          pending={pending}
          title={t.home.signingIn(cards)}
          next={t.home.signingInNext}
          goOn={() => signInAnew(pending, language)}
          words={{ idle: t.home.signInAgain, busy: t.home.signingInAgain }}
        />
      )
    case 'authorized':
      return (
        <Interrupted
          pending={pending}
          title={t.home.pending(local(pending.issuer.name))}
          next={t.home.pendingNext}
          goOn={() => resume(pending, language)}
          words={{ idle: t.home.resume, busy: t.home.resuming }}
        />
      )
  }
}

/** What an office granted may be too old by now: then the way begins at the sign-in again. */
async function resume(pending: PendingIssuance, language: Language): Promise<void> {
  try {
    await wallet.resume(pending.id)
  } catch (error) {
    if (toFailure(error).code !== 'sign_in_required' || !pending.signIn) throw error
    await signInAnew(pending, language)
  }
}

async function signInAnew({ signIn }: PendingIssuance, language: Language): Promise<void> {
  if (signIn) location.assign(await wallet.beginSignIn(signIn.offer, language))
}

type InterruptedProps = {
  pending: PendingIssuance
  title: string
  next: string
  goOn: () => Promise<void>
  words: { idle: string; busy: string }
}

function Interrupted({ pending, title, next, goOn, words }: InterruptedProps) {
  const { t } = useI18n()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  async function run(work: () => Promise<unknown>) {
    setBusy(true)
    setFailure(undefined)
    try {
      await work()
    } catch (error) {
      setFailure(toFailure(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Notice tone="info" title={title}>
      <p>{next}</p>
      {failure && <FailureNotice failure={failure} titled />}
      <div className="ui-row">
        <Button busy={busy} onClick={() => run(goOn)}>
          {busy ? words.busy : words.idle}
        </Button>
        {!busy && (
          <Button variant="text" onClick={() => run(() => wallet.abandon(pending.id))}>
            {t.home.abandon}
          </Button>
        )}
      </div>
    </Notice>
  )
}

function Waiting({ pending }: { pending: PendingIssuance }) {
  const { t } = useI18n()
  const [asking, setAsking] = useState(false)
  const [failure, setFailure] = useState<Failure>()
  return (
    <section className="ui-stack tight" aria-label={t.waiting.status}>
      <WaitingCard pending={pending} />
      <p className="ui-hint">{t.waiting.next}</p>
      <div>
        <Button variant="text" onClick={() => setAsking(true)}>
          {t.waiting.stop}
        </Button>
      </div>
      <Dialog
        open={asking}
        title={t.waiting.stopTitle}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t.app.cancel}
            </Button>
            <Button
              variant="danger"
              onClick={() => wallet.abandon(pending.id).catch((error) => setFailure(toFailure(error)))}
            >
              {t.waiting.stopConfirm}
            </Button>
          </>
        }
      >
        <p>{t.waiting.stopBody}</p>
        {failure && <FailureNotice failure={failure} titled />}
      </Dialog>
    </section>
  )
}
