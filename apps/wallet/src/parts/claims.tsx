import type { ClaimShown } from '@pass/holder'
import { useI18n } from '../i18n.ts'

/** Claims with their labels and values. */
export function Claims({ claims }: { claims: ClaimShown[] }) {
  const { local } = useI18n()
  const show = useShown()
  return (
    <dl className="ui-list">
      {claims.map((claim) => (
        <div key={JSON.stringify(claim.path)}>
          <dt>{local(claim.label)}</dt>
          <dd>{show(claim.value)}</dd>
        </div>
      ))}
    </dl>
  )
}

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/

/** How a value is put to a reader: yes and no in words, days as days. */
function useShown(): (value: unknown) => string {
  const { t, day, number } = useI18n()
  return function show(value: unknown): string {
    if (value === null || value === undefined || value === '') return t.app.nothing
    if (typeof value === 'boolean') return value ? t.app.yes : t.app.no
    if (typeof value === 'number') return number(value)
    if (Array.isArray(value)) return value.map(show).join(', ')
    if (typeof value === 'object') return Object.values(value).map(show).join(', ')
    const text = String(value)
    // Noon in Seoul: the same day wherever the device thinks it is.
    return DAY.test(text) ? day(Date.parse(`${text}T12:00:00+09:00`)) : text
  }
}
