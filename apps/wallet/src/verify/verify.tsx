import { Button, buttonClass, Notice, Page, Spinner } from '@pass/ui'
import { useCallback, useEffect, useState } from 'react'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { useIncoming } from '../incoming.ts'
import { Icon } from '../parts/icons.tsx'
import { useOnline } from '../parts/use-online.ts'
import { useWords } from '../volunteering/i18n.ts'
import { useLoading } from '../volunteering/use-loading.ts'
import { checkCertificate, type Verdict } from './certificate.ts'
import { fetchKeys, type Keys, keptKeys } from './certificate-keys.ts'
import { Result } from './result.tsx'
import '../volunteering/volunteering.css'

/** For a school or an office that was given a certificate: is it genuine, and what does it say? No account needed. */
export default function Verify() {
  const incoming = useIncoming()
  return incoming === undefined ? <Start /> : <Check key={incoming} text={incoming} />
}

/** The keys of this moment, or without a network those of the last time. */
async function someKeys(): Promise<Keys | undefined> {
  return fetchKeys().catch(keptKeys)
}

function Start() {
  const { t, moment } = useWords()
  const { t: app } = useI18n()
  const words = t.verify
  const [keys, again] = useLoading(someKeys)
  const had = keys.state === 'ready' ? keys.value : undefined
  return (
    <Page title={words.title} lead={words.lead} narrow appName={app.app.name}>
      <Link className={buttonClass('primary', true)} href="/scan">
        <Icon name="scan" />
        {words.scan}
      </Link>
      <div role="status">{had && <p className="ui-hint">{words.offlineReady(moment(had.from))}</p>}</div>
      {keys.state !== 'loading' && !had && (
        <Notice tone="warning" role="alert" title={words.notReady}>
          <p>{words.notReadyNext}</p>
          <div>
            <Button variant="secondary" onClick={again}>
              {app.app.again}
            </Button>
          </div>
        </Notice>
      )}
    </Page>
  )
}

type Checked = { verdict: Verdict; keys: Keys } | 'not ready'

function Check({ text }: { text: string }) {
  const { t } = useWords()
  const { t: app } = useI18n()
  const online = useOnline()
  const [checked, setChecked] = useState<Checked>()

  const check = useCallback(async () => {
    // What is kept answers at once; the city is asked only about a key that is not among them.
    const kept = await keptKeys().catch(() => undefined)
    const first = kept && { verdict: await checkCertificate(text, kept.keys), keys: kept }
    if (first && first.verdict.state !== 'unknown_key') setChecked(first)
    const fresh = await fetchKeys().catch(() => undefined)
    if (fresh) setChecked({ verdict: await checkCertificate(text, fresh.keys), keys: fresh })
    else setChecked(first ?? 'not ready')
  }, [text])
  useEffect(() => void check(), [check])

  if (checked === undefined)
    return (
      <Page title={t.verify.title} narrow appName={app.app.name}>
        <Spinner>{t.verify.checking}</Spinner>
      </Page>
    )
  if (checked === 'not ready')
    return (
      <Page title={t.verify.notReady} narrow appName={app.app.name}>
        <p>{t.verify.notReadyNext}</p>
        <Button wide onClick={check}>
          {app.app.again}
        </Button>
      </Page>
    )
  return <Result verdict={checked.verdict} keysFrom={checked.keys.from} online={online} />
}
