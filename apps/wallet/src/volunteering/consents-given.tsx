import { Button, Dialog, EmptyState, Page, Spinner, StatusBadge } from '@pass/ui'
import { useState } from 'react'
import { useI18n } from '../i18n.ts'
import { Back } from '../parts/back.tsx'
import { type Consent, fetchConsents, takeConsentBack } from './city.ts'
import { useWords } from './i18n.ts'
import { span } from './moments.ts'
import { Trouble } from './trouble.tsx'
import { useLoading } from './use-loading.ts'

/** What a guardian has said yes or no to; a yes can be taken back until the activity begins. */
export function Answered() {
  const { t } = useWords()
  const { t: app } = useI18n()
  const words = t.consent
  const [consents, again] = useLoading(fetchConsents)
  return (
    <Page title={words.mine} before={<Back href="/my-activities" />} narrow appName={app.app.name}>
      {consents.state === 'loading' && <Spinner>{words.reading}</Spinner>}
      {consents.state === 'failed' && <Trouble error={consents.error} onAgain={again} then="/consent" />}
      {consents.state === 'ready' && consents.value.length === 0 && (
        <EmptyState title={words.none}>
          <p>{words.noneNext}</p>
        </EmptyState>
      )}
      {consents.state === 'ready' && consents.value.length > 0 && (
        <ul className="activity">
          {consents.value.map((consent) => (
            <Entry key={consent.id} consent={consent} onChange={again} />
          ))}
        </ul>
      )}
    </Page>
  )
}

function Entry({ consent, onChange }: { consent: Consent; onChange: () => Promise<void> }) {
  const { t, local, language } = useWords()
  const { volunteer, activity, status } = consent
  const [now] = useState(Date.now)
  const open = status === 'given' && Date.parse(activity.startsAt) > now
  return (
    <li className="entry">
      <div className="entry-head">
        <h2 className="entry-party">
          {volunteer} · {local(activity.title)}
        </h2>
        <StatusBadge tone={status === 'given' ? 'success' : 'neutral'}>
          {t.consent.states[status]}
        </StatusBadge>
      </div>
      <p>{span(language, activity.startsAt, activity.endsAt, now)}</p>
      {open && <TakeBack id={consent.id} onDone={onChange} />}
    </li>
  )
}

function TakeBack({ id, onDone }: { id: string; onDone: () => Promise<void> }) {
  const { t } = useWords()
  const words = t.consent
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  async function confirm() {
    setBusy(true)
    setError(undefined)
    try {
      await takeConsentBack(id)
      setAsking(false)
      await onDone()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }

  return (
    <div>
      <Button variant="text" onClick={() => setAsking(true)}>
        {words.takeBack}
      </Button>
      <Dialog
        open={asking}
        title={words.takeBackTitle}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t.activity.keep}
            </Button>
            <Button variant="danger" busy={busy} onClick={confirm}>
              {busy ? words.takingBack : words.takeBack}
            </Button>
          </>
        }
      >
        <p>{words.takeBackBody}</p>
        {error !== undefined && <Trouble error={error} then="/consent" />}
      </Dialog>
    </div>
  )
}
