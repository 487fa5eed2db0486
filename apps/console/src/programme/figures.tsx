import { BarChart, Progress, StatusBadge, Table } from '@pass/ui'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { usePoints } from '../points.ts'
import type { Programme, Spending } from './types.ts'

const TONE = { pending: 'info', active: 'success', stopped: 'warning' } as const

/** Everything that a programme may give and has given: budget, rules, and the last weeks as a picture. */
export function ProgrammeFigures({ programme }: { programme: Programme }) {
  const { t, local } = useI18n()
  const points = usePoints()
  const { id, budget, spent, periodDays, dayLimit, startsOn, endsOn, rules, status } = programme
  const spending = useLoad(`spending ${id}`, () => call<Spending>('GET', `/api/programmes/${id}/spending`))
  return (
    <>
      <p>{local(programme.description)}</p>
      <p>
        <StatusBadge tone={TONE[status]}>{t.programmes.states[status]}</StatusBadge>{' '}
        {t.programmes.runs(startsOn, endsOn)}
      </p>
      <Progress
        label={t.programmes.spentOf(points(spent), points(budget), periodDays)}
        value={Math.min(Number(spent), Number(budget))}
        max={Number(budget)}
      />
      <p className="ui-hint">{t.programmes.dayLimit(points(dayLimit))}</p>
      <Failure error={spending.error} onRetry={spending.reload} />
      {spending.data && (
        <BarChart
          title={t.programmes.weeks}
          columns={{ label: t.programmes.week, value: t.programmes.points }}
          tableLabel={t.asTable}
          bars={spending.data.weeks.map(({ week, points: given }) => ({
            key: week,
            label: week.slice(5).replace('-', '/'),
            value: Number(given),
            text: points(given),
          }))}
        />
      )}
      <Table
        caption={t.programmes.rules}
        rows={rules}
        rowKey={(rule) => rule.id}
        columns={[
          { key: 'name', header: t.programmes.rule, cell: ({ name }) => local(name) },
          {
            key: 'points',
            header: t.programmes.points,
            cell: (rule) => t.programmes.per(points(rule.points), local(rule.unit)),
          },
          {
            key: 'most',
            header: t.programmes.most,
            cell: ({ most, unit }) => `${most} ${local(unit)}`,
            numeric: true,
          },
        ]}
      />
    </>
  )
}
