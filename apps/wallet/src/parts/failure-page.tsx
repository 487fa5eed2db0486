import { Button, buttonClass, Notice, Page, type Tone } from '@pass/ui'
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
  'sign_in_unavailable',
]

/** Whether the same thing may go well another time. */
export function mayTryAgain({ code }: Failure): boolean {
  return PASSING.includes(code)
}

/** What failed as the title of a screen: a sentence in a box, up here without its full stop. */
export function titleOf({ failure }: Pick<Messages, 'failure'>, { code }: Failure): string {
  return failure.codes[code].title.replace(/\.$/, '')
}

type Messages = ReturnType<typeof useI18n>['t']
type Props = { failure: Failure; onAgain?: (() => void) | undefined }

/** A whole screen for what failed: what happened, whether anything was shared, what to do next. */
export function FailurePage({ failure, onAgain }: Props) {
  const { t } = useI18n()
  const mayTry = onAgain && mayTryAgain(failure)
  return (
    <Page title={titleOf(t, failure)} narrow appName={t.app.name}>
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
    <Notice tone={toneOf(failure)} role="alert" title={titled ? title : undefined}>
      <p>{next}</p>
      {failure.retryAfter !== undefined && <p>{t.failure.retryAfter(failure.retryAfter)}</p>}
      <p>{failure.shared ? t.failure.shared : t.failure.notShared}</p>
    </Notice>
  )
}

function toneOf({ code, shared }: Failure): Tone {
  if (shared) return 'warning'
  // The person's own doing is no fault.
  return code === 'sign_in_cancelled' ? 'info' : 'error'
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
