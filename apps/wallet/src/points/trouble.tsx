import { Notice } from '@pass/ui'
import type { Failure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'

/** The two sentences for a code, in the words of points where those have some. */
export function useTroubleText(code: string): { title: string; next: string } {
  const { t } = useI18n()
  const ours: Record<string, { title: string; next: string }> = t.payRefusals
  const all: Record<string, { title: string; next: string }> = t.failure.codes
  return ours[code] ?? all[code] ?? t.failure.codes.unexpected
}

/** What went wrong with points, in a box, and what to do. */
export function Trouble({ failure }: { failure: Pick<Failure, 'code'> }) {
  const { title, next } = useTroubleText(failure.code)
  return (
    <Notice tone="error" role="alert" title={title}>
      <p>{next}</p>
    </Notice>
  )
}
