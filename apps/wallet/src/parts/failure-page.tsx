import { Button, buttonClass, Notice, Page } from '@pass/ui'
import { Link } from 'wouter'
import type { Failure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'

/** Codes that another try can mend. */
const PASSING: readonly Failure['code'][] = [
  'network',
  'offline',
  'busy',
  'server_error',
  'unexpected',
  'storage',
  'issuer_malformed',
]

type Props = { failure: Failure; onAgain?: (() => void) | undefined }

/** A whole screen for what failed: what happened, whether anything was shared, what to do next. */
export function FailurePage({ failure, onAgain }: Props) {
  const { t } = useI18n()
  // A sentence in a box, a title up here: without its full stop.
  const title = t.failure.codes[failure.code].title.replace(/\.$/, '')
  const mayTry = onAgain && PASSING.includes(failure.code)
  return (
    <Page title={title} narrow appName={t.app.name}>
      <FailureNotice failure={failure} />
      <div className="ui-stack">
        {mayTry && (
          <Button wide onClick={onAgain}>
            {t.app.again}
          </Button>
        )}
        <Link className={buttonClass(mayTry ? 'secondary' : 'primary', true)} href="/">
          {t.app.home}
        </Link>
      </div>
    </Page>
  )
}

/** The same in a box, for a failure that leaves the screen as it is. */
export function FailureNotice({ failure, titled = false }: { failure: Failure; titled?: boolean }) {
  const { t } = useI18n()
  const { title, next } = t.failure.codes[failure.code]
  return (
    <Notice tone={failure.shared ? 'warning' : 'error'} role="alert" title={titled ? title : undefined}>
      <p>{next}</p>
      {failure.retryAfter !== undefined && <p>{t.failure.retryAfter(failure.retryAfter)}</p>}
      <p>{failure.shared ? t.failure.shared : t.failure.notShared}</p>
    </Notice>
  )
}

/** When this browser lets nothing be stored. */
export function StorageNotice() {
  const { t } = useI18n()
  return (
    <Notice tone="error" role="alert" title={t.storage.title}>
      <p>{t.storage.body}</p>
    </Notice>
  )
}
