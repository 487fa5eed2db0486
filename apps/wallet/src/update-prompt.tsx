import { useRegisterSW } from 'virtual:pwa-register/react'
import { Button, Notice } from '@pass/ui'
import { useEffect, useRef } from 'react'
import { useI18n } from './i18n.ts'

/** Registers the service worker. A new version waits until the person says so. `quiet` keeps the question back. */
export function UpdatePrompt({ quiet }: { quiet: boolean }) {
  const { t } = useI18n()
  const registration = useRef<ServiceWorkerRegistration>(undefined)
  const {
    needRefresh: [waiting, setWaiting],
    updateServiceWorker,
  } = useRegisterSW({
    onRegisteredSW(_address, registered) {
      registration.current = registered
    },
  })
  // An installed wallet may stay open for weeks: look for a new version when it is picked up again.
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === 'visible') registration.current?.update().catch(() => undefined)
    }
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])

  if (!waiting || quiet) return null
  return (
    <aside className="banner" aria-label={t.update.title}>
      <Notice tone="info" role="status" title={t.update.title}>
        <p>{t.update.body}</p>
        <div className="ui-row">
          <Button onClick={() => updateServiceWorker()}>{t.update.now}</Button>
          <Button variant="text" onClick={() => setWaiting(false)}>
            {t.update.later}
          </Button>
        </div>
      </Notice>
    </aside>
  )
}
