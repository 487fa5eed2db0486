import { Button, buttonClass, Notice, Page, Spinner } from '@pass/ui'
import { useCallback, useEffect, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useI18n } from '../i18n.ts'
import { arrivalOf, finishArrival, fragmentOf, useIncoming } from '../incoming.ts'
import { type Consent as Asked, answerConsent, readConsent } from './city.ts'
import { Answered } from './consents-given.tsx'
import { useWords } from './i18n.ts'
import { span } from './moments.ts'
import { codeOf, Trouble } from './trouble.tsx'
import { useLoading } from './use-loading.ts'
import './volunteering.css'

type Asking = { token: string /** The answer that waits for this proof. */; proving?: Proving }
type Proving = { said: 'given' | 'refused'; verificationId: string }
/** What is kept in mind while other screens connect the wallet or ask for a proof: a token must not be in an address. */
let asking: Asking | undefined

/** A guardian reads what a minor wants to do, and says yes or no. */
export default function Consent() {
  const incoming = useIncoming()
  // As it was when this screen opened: an answer that is given ends the asking, and not the screen.
  const [before] = useState(() => asking?.token)
  const token = incoming === undefined ? before : fragmentOf(incoming)
  if (!token) return <Answered />
  return <Read key={token} token={token} />
}

function Read({ token }: { token: string }) {
  const { t } = useWords()
  const { t: app } = useI18n()
  const load = useCallback(() => {
    if (asking?.token !== token) asking = { token }
    return readConsent(token)
  }, [token])
  const [asked, again] = useLoading(load)
  const gone = asked.state === 'failed' && ['not_found', 'expired', 'conflict'].includes(codeOf(asked.error))
  const open = asked.state === 'ready' && asked.value.status === 'asked'
  const answered = asked.state === 'ready' && !open
  if (asked.state === 'ready' && open) return <Question token={token} asked={asked.value} />
  return (
    <Page title={gone || answered ? t.consent.gone : t.consent.title} narrow appName={app.app.name}>
      {asked.state === 'loading' && <Spinner>{t.consent.reading}</Spinner>}
      {(gone || answered) && <p>{t.consent.goneNext}</p>}
      {asked.state === 'failed' && !gone && <Trouble error={asked.error} onAgain={again} then="/consent" />}
    </Page>
  )
}

type Step = { at: 'asked' | 'sending' | 'given' | 'refused' } | { at: 'failed'; error: unknown }

function Question({ token, asked: { volunteer, activity } }: { token: string; asked: Asked }) {
  const { t, local, language } = useWords()
  const { t: app } = useI18n()
  const words = t.consent
  const [, navigate] = useLocation()
  const [step, setStep] = useState<Step>({ at: 'asked' })
  const [now] = useState(Date.now)

  async function answer(said: 'given' | 'refused', verificationId?: string) {
    setStep({ at: 'sending' })
    try {
      const answered = await answerConsent(token, said, verificationId)
      if ('verification' in answered) {
        asking = { token, proving: { said, verificationId: answered.verification.id } }
        return navigate('/present', { state: arrivalOf(answered.verification.requestUri, '/consent') })
      }
      asking = undefined
      finishArrival()
      setStep({ at: said })
    } catch (error) {
      setStep({ at: 'failed', error })
    }
  }

  // Back with the proof: the guardian has said yes or no already.
  useEffect(() => {
    if (asking?.token !== token || !asking.proving) return
    const { said, verificationId } = asking.proving
    asking = { token }
    void answer(said, verificationId)
  })

  if (step.at === 'given' || step.at === 'refused')
    return (
      <Page title={words[step.at]} narrow appName={app.app.name}>
        <Notice tone="success" role="status">
          {step.at === 'given' ? words.givenNext : words.refusedNext}
        </Notice>
        <Link className={buttonClass('primary', true)} href="/" replace>
          {app.app.home}
        </Link>
      </Page>
    )
  return (
    <Page title={words.question} narrow appName={app.app.name}>
      <section className="ui-panel">
        <dl className="ui-list">
          {[
            [words.who, volunteer],
            [t.verify.activity, local(activity.title)],
            [t.activity.when, span(language, activity.startsAt, activity.endsAt, now)],
            [t.activity.where, `${activity.place} (${activity.address})`],
            [t.activity.organisation, local(activity.organisation.name)],
          ].map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <p className="lines">{local(activity.description)}</p>
      </section>
      {step.at === 'failed' && <Trouble error={step.error} then="/consent" />}
      <div className="ui-stack">
        <p className="ui-hint">{words.adult}</p>
        <Button wide busy={step.at === 'sending'} onClick={() => answer('given')}>
          {step.at === 'sending' ? words.sending : words.give}
        </Button>
        <Button wide variant="secondary" disabled={step.at === 'sending'} onClick={() => answer('refused')}>
          {words.refuse}
        </Button>
      </div>
    </Page>
  )
}
