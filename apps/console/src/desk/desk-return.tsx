import { buttonClass, Page, Spinner } from '@pass/ui'
import { useEffect, useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { Verification } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { takeReturn } from './question.ts'
import { Result } from './result.tsx'

/** Where a wallet on this device sends the browser after it has answered. */
export function DeskReturn() {
  const { t } = useI18n()
  const [, navigate] = useLocation()
  const [verification, setVerification] = useState<Verification>()
  const [error, setError] = useState<unknown>()
  // The code works once, and so must the taking, however often the page is drawn.
  const taken = useRef(false)
  useEffect(() => {
    if (taken.current) return
    taken.current = true
    takeReturn().then(setVerification, setError)
  }, [])

  return (
    <Page title={t.desk.title}>
      {verification && <Result verification={verification} onAgain={() => navigate('/desk')} />}
      {!verification && !error && <Spinner>{t.desk.returning}</Spinner>}
      {error !== undefined && (
        <>
          <Failure error={error} />
          <p>
            <Link href="/desk" className={buttonClass()}>
              {t.desk.toDesk}
            </Link>
          </p>
        </>
      )}
    </Page>
  )
}
