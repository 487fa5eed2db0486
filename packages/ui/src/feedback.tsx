import type { ReactNode } from 'react'

export type Tone = 'info' | 'success' | 'warning' | 'error'

export type NoticeProps = {
  tone: Tone
  title?: ReactNode
  children?: ReactNode
  /** `alert` or `status` for what appears after the page was read out; nothing for what was always there. */
  role?: 'alert' | 'status'
}

// One shape per tone, so that it is told by more than its colour.
const SHAPES: Record<Tone, string> = {
  info: 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1 4.5h2v2.2h-2V6.5Zm0 4.2h2v6.8h-2v-6.8Z',
  success:
    'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1.3 14.6L6.4 12.3l1.5-1.5 2.8 2.8 5.4-5.4 1.5 1.5-6.9 6.9Z',
  warning: 'M12 2.5 1.2 21.5h21.6L12 2.5Zm-1 7h2v6h-2v-6Zm0 7.5h2v2h-2v-2Z',
  error: 'M8 2 2 8v8l6 6h8l6-6V8l-6-6H8Zm3 4.5h2v7h-2v-7Zm0 8.8h2v2.2h-2v-2.2Z',
}

/** Something the reader should know, in a box of its own. */
export function Notice({ tone, title, children, role }: NoticeProps) {
  return (
    <div className={`ui-notice ui-tone-${tone}`} role={role}>
      <svg className="ui-notice-icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d={SHAPES[tone]} fill="currentColor" />
      </svg>
      <div className="ui-notice-body">
        {title && <p className="ui-notice-title">{title}</p>}
        {children}
      </div>
    </div>
  )
}

/** A status in words; the colour only repeats it. */
export function StatusBadge({ tone, children }: { tone: Tone | 'neutral'; children: ReactNode }) {
  return <span className={`ui-badge ui-tone-${tone}`}>{children}</span>
}

/** Waiting, and for what. */
export function Spinner({ children }: { children: ReactNode }) {
  return (
    <div className="ui-busy" role="status">
      <span className="ui-spinner" aria-hidden="true" />
      <span>{children}</span>
    </div>
  )
}

export type ProgressProps = { label: ReactNode; value?: number; max?: number }

/** How far a job has come; without `value`, that it is under way. */
export function Progress({ label, value, max = 1 }: ProgressProps) {
  return (
    <label className="ui-progress">
      <span>{label}</span>
      <progress value={value} max={max} />
    </label>
  )
}

/** Nothing here yet, and what to do next. */
export function EmptyState({
  title,
  children,
  action,
}: {
  title: ReactNode
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="ui-empty">
      <p className="ui-notice-title">{title}</p>
      {children}
      {action}
    </div>
  )
}
