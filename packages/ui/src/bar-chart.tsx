import { type ReactNode, useId } from 'react'
import { Table } from './table.tsx'

export type BarChartProps = {
  /** What is shown: caption of the chart and of its table. */
  title: string
  /** Heading of the first column and of the second. */
  columns: { label: ReactNode; value: ReactNode }
  bars: readonly {
    key: string
    label: string
    value: number /** The value in words; the number without it. */
    text?: string
  }[]
  /** A line across the chart: a budget, a limit. */
  limit?: { value: number; label: string }
  /** Opens the table with the same figures. */
  tableLabel: string
}

const WIDTH = 360
const HEIGHT = 170
const FOOT = 24
const HEAD = 20
/** Left and right, so that a label at the edge stays whole. */
const SIDE = 16

/**
 * Bars for who would rather look than read, and the same figures as a table for everyone else. The picture says
 * nothing that the table does not.
 */
export function BarChart({ title, columns, bars, limit, tableLabel }: BarChartProps) {
  const id = useId()
  const most = Math.max(1, limit?.value ?? 0, ...bars.map(({ value }) => value))
  const step = (WIDTH - 2 * SIDE) / Math.max(1, bars.length)
  const room = HEIGHT - FOOT - HEAD
  const heightOf = (value: number) => (value / most) * room
  // Labels that would run into each other are left to the table.
  const every = Math.ceil(bars.length / 6)
  return (
    <figure className="ui-chart" aria-labelledby={id}>
      <figcaption id={id}>{title}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
        <line className="ui-chart-axis" x1="0" x2={WIDTH} y1={HEIGHT - FOOT} y2={HEIGHT - FOOT} />
        {bars.map(({ key, label, value, text }, index) => {
          const height = heightOf(value)
          const left = SIDE + index * step
          const middle = left + step / 2
          return (
            <g key={key}>
              <rect
                className="ui-chart-bar"
                x={left + step * 0.15}
                y={HEIGHT - FOOT - height}
                width={step * 0.7}
                height={height}
                rx="3"
              />
              {bars.length <= 6 && value > 0 && (
                <text className="ui-chart-value" x={middle} y={HEIGHT - FOOT - height - 6}>
                  {text ?? value}
                </text>
              )}
              {index % every === 0 && (
                <text className="ui-chart-label" x={middle} y={HEIGHT - 8}>
                  {label}
                </text>
              )}
            </g>
          )
        })}
        {limit && (
          <>
            <line
              className="ui-chart-limit"
              x1="0"
              x2={WIDTH}
              y1={HEIGHT - FOOT - heightOf(limit.value)}
              y2={HEIGHT - FOOT - heightOf(limit.value)}
            />
            <text className="ui-chart-limit-label" x={WIDTH} y={HEIGHT - FOOT - heightOf(limit.value) - 6}>
              {limit.label}
            </text>
          </>
        )}
      </svg>
      <details>
        <summary>{tableLabel}</summary>
        <Table
          caption={title}
          rows={bars}
          rowKey={({ key }) => key}
          columns={[
            { key: 'label', header: columns.label, cell: ({ label }) => label },
            { key: 'value', header: columns.value, cell: ({ value, text }) => text ?? value, numeric: true },
          ]}
        />
      </details>
    </figure>
  )
}
