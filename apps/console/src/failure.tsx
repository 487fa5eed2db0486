import { Button, Notice } from '@pass/ui'
import { sentence, useI18n } from './i18n.ts'

/** An error in words, with the next step. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t, local } = useI18n()
  if (!error) return null
  return (
    <Notice tone="error">
      <p>{sentence(t, local, error)}</p>
      {onRetry && (
        <Button variant="secondary" onClick={onRetry}>
          {t.retry}
        </Button>
      )}
    </Notice>
  )
}
