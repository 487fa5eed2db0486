import { buttonClass, Page, Spinner } from '@pass/ui'
import { useCallback, useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { finishArrival, useFinishedBefore, useIncoming } from '../incoming.ts'
import { Icon } from '../parts/icons.tsx'
import { type CheckedIn, checkIn } from './city.ts'
import { useWords } from './i18n.ts'
import { timeOfDay } from './moments.ts'
import { codeOf, Trouble } from './trouble.tsx'
import './volunteering.css'

type Step = { at: 'start' | 'sending' } | { at: 'done'; done: CheckedIn } | { at: 'failed'; error: unknown }

/** Coming and going: the organiser's code was scanned, or is about to be. */
export default function CheckIn() {
  const incoming = useIncoming()
  // One code after another on the same page are two arrivals.
  return <Door key={incoming} incoming={incoming} />
}

function Door({ incoming }: { incoming: string | undefined }) {
  const { t, local, language } = useWords()
  const { t: app } = useI18n()
  const words = t.checkIn
  const finished = useFinishedBefore()
  const text = finished ? undefined : incoming
  const [step, setStep] = useState<Step>({ at: text === undefined ? 'start' : 'sending' })

  const send = useCallback(async () => {
    if (text === undefined) return
    setStep({ at: 'sending' })
    try {
      const done = await checkIn(text)
      // A reload must not check the citizen out a moment after they came in.
      finishArrival()
      setStep({ at: 'done', done })
    } catch (error) {
      setStep({ at: 'failed', error })
    }
  }, [text])
  const sent = useRef(false)
  useEffect(() => {
    if (sent.current) return
    sent.current = true
    void send()
  }, [send])

  if (step.at === 'done') {
    const { what, at, activity } = step.done
    return (
      <Page title={words[what]} narrow appName={app.app.name}>
        <div className="checked" role="status">
          <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d="m5 12.5 4.5 4.5L19 7.5" />
          </svg>
          <p className="checked-time">{timeOfDay(language, Date.parse(at))}</p>
          <p className="party">{local(activity.title)}</p>
          <p>{what === 'in' ? words.inNext : words.outNext}</p>
        </div>
        <Link className={buttonClass('primary', true)} href="/my-activities">
          {words.mine}
        </Link>
      </Page>
    )
  }
  const offline = step.at === 'failed' && ['offline', 'network'].includes(codeOf(step.error))
  return (
    <Page title={words.title} lead={words.lead} narrow appName={app.app.name}>
      {step.at === 'sending' && <Spinner>{words.sending}</Spinner>}
      {step.at === 'failed' && <Trouble error={step.error} onAgain={send} then="/check-in" />}
      {offline && <p className="purpose">{words.offlineNext}</p>}
      {step.at !== 'sending' && (
        <div className="ui-stack">
          <Link className={buttonClass(offline ? 'secondary' : 'primary', true)} href="/scan">
            <Icon name="scan" />
            {words.scan}
          </Link>
          <Link className={buttonClass('secondary', true)} href="/pass">
            {words.showMine}
          </Link>
          <p className="ui-hint">{words.showMineHint}</p>
        </div>
      )}
    </Page>
  )
}
