import { Button, Page, QrCode, Select, Spinner } from '@pass/ui'
import { useState } from 'react'
import { call, type District, type Template, type Verification, type VerificationStart } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad, usePoll } from '../load.ts'
import { askByCode, type Question } from './question.ts'
import { Result } from './result.tsx'
import { ThisDevice } from './this-device.tsx'

export function Desk() {
  const { t, local } = useI18n()
  const templates = useLoad('templates', () => call<Template[]>('GET', '/api/templates'))
  const districts = useLoad('districts', () => call<District[]>('GET', '/api/districts'))
  const [chosen, setChosen] = useState('')
  const [district, setDistrict] = useState('')
  const [asked, setAsked] = useState<{ question: Question; started: VerificationStart }>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const template = templates.data?.find(({ id }) => id === chosen) ?? templates.data?.[0]
  const needsDistrict = Object.values(template?.params ?? {}).some(({ kind }) => kind === 'district')

  const start = async () => {
    if (!template) return
    setBusy(true)
    setError(undefined)
    try {
      const code = district || (districts.data?.[0]?.code ?? '')
      const question = { template: template.id, ...(needsDistrict ? { params: { district: code } } : {}) }
      setAsked({ question, started: await askByCode(question) })
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  if (asked)
    return (
      <Page title={t.desk.title}>
        {template && <p className="ui-lead">{local(template.name)}</p>}
        <Waiting key={asked.started.id} {...asked} onAgain={() => setAsked(undefined)} />
      </Page>
    )
  return (
    <Page title={t.desk.title}>
      <Failure error={templates.error ?? districts.error ?? error} />
      {templates.data && template && (
        <div className="actions">
          <Select
            label={t.desk.choose}
            value={template.id}
            onChange={setChosen}
            options={templates.data.map(({ id, name }) => ({ value: id, label: local(name) }))}
          />
          {needsDistrict && (
            <Select
              label={t.desk.district}
              value={district || (districts.data?.[0]?.code ?? '')}
              onChange={setDistrict}
              options={(districts.data ?? []).map(({ code, name }) => ({ value: code, label: local(name) }))}
            />
          )}
          <Button onClick={start} busy={busy}>
            {t.desk.show}
          </Button>
        </div>
      )}
    </Page>
  )
}

function Waiting({
  question,
  started,
  onAgain,
}: {
  question: Question
  started: VerificationStart
  onAgain: () => void
}) {
  const { t } = useI18n()
  const [verification, setVerification] = useState<Verification>()
  // What a wallet on this device gave, to a request of its own: the code that is still on the screen is not asked any more.
  const [given, setGiven] = useState<Verification>()
  const state = verification?.state ?? 'created'
  const over = state === 'accepted' || state === 'refused' || state === 'expired'
  usePoll(!over && !given, 700, async () =>
    setVerification(await call<Verification>('GET', `/api/verifications/${started.id}`)),
  )

  if (given) return <Result verification={given} onAgain={onAgain} />
  if (verification && over) return <Result verification={verification} onAgain={onAgain} />
  return (
    <section className="handover">
      <p>{t.desk.scan}</p>
      <QrCode value={started.requestUri} label={t.desk.qrLabel} />
      <Spinner>{state === 'fetched' ? t.desk.fetched : t.desk.waiting}</Spinner>
      <ThisDevice question={question} onResult={setGiven} />
      <Button variant="secondary" onClick={onAgain}>
        {t.cancel}
      </Button>
    </section>
  )
}
