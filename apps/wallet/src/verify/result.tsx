import { buttonClass, Page } from '@pass/ui'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { useWords } from '../volunteering/i18n.ts'
import type { Facts, Verdict } from './certificate.ts'
import { fetchStanding, type Standing } from './standing.ts'

type Said = { good: boolean; title: string; next: string }

/** The verdict in words and large; then what the certificate says, to be held against the paper. */
export function Result({
  verdict,
  keysFrom,
  online,
}: {
  verdict: Verdict
  keysFrom: number
  online: boolean
}) {
  const { t } = useWords()
  const { t: app } = useI18n()
  const facts = verdict.state === 'genuine' ? verdict.facts : undefined
  const standing = useStanding(facts, online)
  const { good, title, next } = useSaid(verdict, standing, keysFrom)
  return (
    <Page title={title} narrow appName={app.app.name}>
      <div className={good ? 'checked' : 'checked checked-bad'} role="status">
        <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
          <path d={good ? 'm5 12.5 4.5 4.5L19 7.5' : 'M6 6l12 12M18 6 6 18'} />
        </svg>
        <p className="purpose">{next}</p>
      </div>
      {facts && <FactsPanel facts={facts} standing={standing} />}
      <Link className={buttonClass('secondary', true)} href="/scan">
        {t.verify.scanAgain}
      </Link>
    </Page>
  )
}

function useSaid(verdict: Verdict, standing: Standing, keysFrom: number): Said {
  const { t, local, moment } = useWords()
  const words = t.verify
  switch (verdict.state) {
    case 'genuine':
      if (standing === 'unknown')
        return { good: false, title: words.notOnRecord, next: words.notOnRecordNext(local(verdict.agency)) }
      return standing === 'changed'
        ? { good: false, title: words.withdrawn, next: words.withdrawnNext(local(verdict.agency)) }
        : { good: true, title: words.genuine, next: words.genuineLead(local(verdict.agency)) }
    case 'altered':
      return { good: false, title: words.altered, next: words.alteredNext }
    case 'unknown_key':
      return {
        good: false,
        title: words.unknownKey,
        next: navigator.onLine ? words.unknownKeyNext : words.unknownKeyOld(moment(keysFrom)),
      }
    case 'key_not_valid':
      return { good: false, title: words.keyNotValid, next: words.keyNotValidNext(local(verdict.agency)) }
    case 'unreadable':
      return { good: false, title: words.unreadable, next: words.unreadableNext }
  }
}

function useStanding(facts: Facts | undefined, online: boolean): Standing {
  const [standing, setStanding] = useState<Standing>('checking')
  const { certificateNo, minutes } = facts ?? {}
  // Asked again when the network comes back.
  useEffect(() => {
    if (certificateNo === undefined || minutes === undefined) return
    let gone = false
    fetchStanding(certificateNo, minutes).then(
      (now) => !gone && setStanding(now),
      // What is known stays known.
      () => !gone && setStanding((before) => (before === 'checking' ? 'unasked' : before)),
    )
    return () => {
      gone = true
    }
  }, [certificateNo, minutes, online])
  return standing
}

function FactsPanel({ facts, standing }: { facts: Facts; standing: Standing }) {
  const { t, local, day } = useWords()
  const words = t.verify
  const standings: Record<Standing, string> = {
    checking: words.standingChecking,
    unasked: words.standingUnasked,
    unknown: words.standingUnknown,
    good: words.notWithdrawn,
    changed: words.withdrawn,
  }
  const rows: [label: string, value: string][] = [
    [words.name, facts.name],
    [words.hours, t.activity.hours(facts.minutes)],
    [words.activity, local(facts.activity)],
    [words.date, day(Date.parse(`${facts.date}T12:00:00+09:00`))],
    [words.organisation, facts.organisation],
    [words.school, facts.school ? words.schoolYes : words.schoolNo],
    [words.number, facts.certificateNo],
    [words.issued, day(facts.issuedAt)],
  ]
  return (
    <section className="ui-panel" aria-labelledby="facts">
      <div>
        <h2 id="facts">{words.facts}</h2>
        <p className="ui-hint">{words.same}</p>
      </div>
      <dl className="ui-list facts-large">
        {rows.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>{words.standing}</dt>
          <dd>
            <span role="status">{standings[standing]}</span>
          </dd>
        </div>
      </dl>
    </section>
  )
}
