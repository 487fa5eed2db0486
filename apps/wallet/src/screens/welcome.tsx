import { Button, Page } from '@pass/ui'
import { useState } from 'react'
import { useI18n } from '../i18n.ts'

/** Three short steps for who comes for the first time. */
export function Welcome({ onDone }: { onDone: () => void }) {
  const { t } = useI18n()
  const [at, setAt] = useState(0)
  const { steps } = t.welcome
  const step = steps[at]
  if (!step) return null
  const last = at === steps.length - 1
  return (
    <Page
      title={step.title}
      narrow
      appName={t.app.name}
      before={<p className="ui-hint">{t.welcome.step(at + 1, steps.length)}</p>}
    >
      <p className="welcome-body">{step.body}</p>
      <div className="ui-stack">
        <Button wide onClick={() => (last ? onDone() : setAt(at + 1))}>
          {last ? t.welcome.start : t.app.next}
        </Button>
        {!last && (
          <Button variant="text" onClick={onDone}>
            {t.welcome.skip}
          </Button>
        )}
      </div>
    </Page>
  )
}

const STORED_AS = 'pass.wallet.welcomed'

export function wasWelcomed(): boolean {
  try {
    return localStorage.getItem(STORED_AS) === 'yes'
  } catch {
    return false
  }
}

export function setWelcomed(welcomed: boolean): void {
  try {
    if (welcomed) localStorage.setItem(STORED_AS, 'yes')
    else localStorage.removeItem(STORED_AS)
  } catch {
    // Then the three steps come again next time.
  }
}
