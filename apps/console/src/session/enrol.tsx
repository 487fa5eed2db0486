import { Button, Notice, Page } from '@pass/ui'
import { startRegistration } from '@simplewebauthn/browser'
import { useEffect, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { useSession } from './session.tsx'

type Options = Parameters<typeof startRegistration>[0]['optionsJSON']
type EnrolOptions = { name: string; role: string; local: boolean; options: Options }

/** The page of a one-time link. The token travels in the fragment, so that no server log has it. */
export function Enrol() {
  const { t } = useI18n()
  const [token] = useState(() => window.location.hash.slice(1))
  // Out of the address bar and the history as soon as it was read.
  useEffect(() => window.history.replaceState(null, '', window.location.pathname), [])
  if (!token)
    return (
      <Page title={t.enrol.title}>
        <Notice tone="error">
          <p>{t.enrol.noToken}</p>
        </Notice>
      </Page>
    )
  return <EnrolWith token={token} />
}

function EnrolWith({ token }: { token: string }) {
  const { t } = useI18n()
  const { signedIn } = useSession()
  const [, navigate] = useLocation()
  const offered = useLoad(token, () => call<EnrolOptions>('POST', '/api/session/enrol-options', { token }))
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  const enter = async (how: () => Promise<unknown>) => {
    setBusy(true)
    setError(undefined)
    try {
      await how()
      signedIn()
      navigate('/', { replace: true })
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  const enrol = async (optionsJSON: Options) =>
    call('POST', '/api/session/enrol', { token, response: await startRegistration({ optionsJSON }) })

  const { data } = offered
  return (
    <Page title={t.enrol.title}>
      <Failure error={offered.error ?? error} />
      {offered.loading && <p role="status">{t.loading}</p>}
      {offered.error !== undefined && (
        <p>
          <Link href="/">{t.enrol.toSignIn}</Link>
        </p>
      )}
      {data && (
        <>
          <p>{t.enrol.lead(data.name)}</p>
          <div className="actions">
            <Button onClick={() => enter(() => enrol(data.options))} busy={busy}>
              {t.enrol.passkey}
            </Button>
            {data.local && (
              <Button
                variant="secondary"
                busy={busy}
                onClick={() => enter(() => call('POST', '/api/session/link', { token }))}
              >
                {t.enrol.local}
              </Button>
            )}
          </div>
          {data.local && <p className="ui-hint">{t.enrol.localHint}</p>}
        </>
      )}
    </Page>
  )
}
