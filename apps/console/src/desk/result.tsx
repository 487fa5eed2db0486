import { Button, Notice, StatusBadge } from '@pass/ui'
import type { Check, Verification } from '../api.ts'
import { useI18n } from '../i18n.ts'
import type { Messages } from '../text/ko.ts'

const TONE = { passed: 'success', failed: 'error', absent: 'warning' } as const

/** The answer in one word first, then what was shown, then each check by itself. */
export function Result({ verification, onAgain }: { verification: Verification; onAgain: () => void }) {
  const { t, local } = useI18n()
  const { state, refusal, claims, claimsDropped, checks, transactions } = verification
  if (state === 'expired')
    return (
      <>
        <div role="status">
          <Notice tone="warning">
            <p>{t.desk.expired}</p>
          </Notice>
        </div>
        <Button onClick={onAgain}>{t.desk.again}</Button>
      </>
    )
  const accepted = state === 'accepted'
  const shown = claims ? Object.values(claims).flatMap((one) => flatten(one)) : []
  return (
    <>
      <div role="status">
        <Notice tone={accepted ? 'success' : 'error'} title={accepted ? t.desk.accepted : t.desk.refused}>
          {refusal && <p>{t.desk.refusal[refusal] ?? t.desk.refusalUnknown(refusal)}</p>}
        </Notice>
      </div>
      {accepted && transactions.length > 0 && (
        <section>
          <h2>{t.desk.confirmed}</h2>
          <ul>
            {transactions.map(({ type, text }) => (
              <li key={`${type} ${text.en}`}>{local(text)}</li>
            ))}
          </ul>
        </section>
      )}
      {shown.length > 0 && (
        <section>
          <h2>{t.desk.disclosed}</h2>
          <dl className="facts">
            {shown.map(({ path, value }) => (
              <div key={path.join('.')}>
                <dt>{labelOf(t, path)}</dt>
                <dd>{typeof value === 'boolean' ? (value ? t.desk.yes : t.desk.no) : String(value)}</dd>
              </div>
            ))}
          </dl>
          <p className="ui-hint">{t.desk.dropped}</p>
        </section>
      )}
      {claimsDropped && shown.length === 0 && <p className="ui-hint">{t.desk.gone}</p>}
      <Button onClick={onAgain}>{t.desk.again}</Button>
      <section>
        <h2>{t.desk.checks}</h2>
        <ul className="checks">
          {checks.map((one: Check) => (
            <li key={`${one.credential} ${one.check}`}>
              <span>{t.desk.check[one.check] ?? one.check}</span>{' '}
              <StatusBadge tone={TONE[one.result]}>{t.desk.result[one.result]}</StatusBadge>
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

type Fact = { path: string[]; value: unknown }

function flatten(value: unknown, path: string[] = []): Fact[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }]
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, [...path, key]))
}

/** The words for a claim; its name as it stands for one that no screen knows yet. */
function labelOf(t: Messages, [first = '', second]: string[]): string {
  const label = (t.desk.claim as Record<string, string | ((part: string) => string)>)[first]
  if (typeof label === 'function') return label(second ?? '')
  return label ?? [first, second].filter(Boolean).join('.')
}
