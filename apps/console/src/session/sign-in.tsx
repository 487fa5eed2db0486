import { Button, Notice, Page } from '@pass/ui'
import { startAuthentication } from '@simplewebauthn/browser'
import { useState } from 'react'
import { Link } from 'wouter'
import { ApiError, call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useSession } from './session.tsx'

type Options = Parameters<typeof startAuthentication>[0]['optionsJSON']

export function SignIn() {
  const { t } = useI18n()
  const { ended, signedIn } = useSession()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  const signIn = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const optionsJSON = await call<Options>('POST', '/api/session/passkey-options', {})
      await call('POST', '/api/session/passkey', { response: await startAuthentication({ optionsJSON }) })
      signedIn()
    } catch (failure) {
      setError(isUnknownPasskey(failure) ? new ApiError('passkey_unknown', 401, '') : failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <Page title={t.signIn.title}>
      {ended && (
        <Notice tone="info" role="status">
          <p>{t.signIn.ended}</p>
        </Notice>
      )}
      <p>{t.signIn.lead}</p>
      <Failure error={error} />
      <Button onClick={signIn} busy={busy}>
        {t.signIn.passkey}
      </Button>
      <ul>
        <li>
          <Link href="/apply/merchant">{t.apply.merchant.title}</Link>
        </li>
        <li>
          <Link href="/apply/organisation">{t.apply.organisation.title}</Link>
        </li>
      </ul>
    </Page>
  )
}

/** Here nobody was signed in yet: the API means the passkey. */
const isUnknownPasskey = (error: unknown) => error instanceof ApiError && error.code === 'unauthenticated'
