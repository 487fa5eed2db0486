import { Button, Page, QrCode, Select, Spinner } from '@pass/ui'
import { useState } from 'react'
import { call, type District, type Template, type Verification, type VerificationStart } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad, usePoll } from '../load.ts'
import { Result } from './result.tsx'

export function Desk() {
  const { t, local } = useI18n()
  const templates = useLoad('templates', () => call<Template[]>('GET', '/api/templates'))
  const districts = useLoad('districts', () => call<District[]>('GET', '/api/districts'))
  const [chosen, setChosen] = useState('')
  const [district, setDistrict] = useState('')
  const [started, setStarted] = useState<VerificationStart>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const template = templates.data?.find(({ id }) => id === chosen) ?? templates.data?.[0]
  const needsDistrict = Object.values(template?.params ?? {}).some(({ kind }) => kind === 'district')

  const start = async () => {
    if (!template) return
    setBusy(true)
    setError(undefined)
    try {
      const params = needsDistrict ? { params: { district: district || districts.data?.[0]?.code } } : {}
      setStarted(
        await call<VerificationStart>('POST', '/api/verifications', { template: template.id, ...params }),
      )
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  if (started)
    return (
      <Page title={t.desk.title}>
        {template && <p className="ui-lead">{local(template.name)}</p>}
        <Waiting key={started.id} started={started} onAgain={() => setStarted(undefined)} />
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

function Waiting({ started, onAgain }: { started: VerificationStart; onAgain: () => void }) {
  const { t } = useI18n()
  const [verification, setVerification] = useState<Verification>()
  const state = verification?.state ?? 'created'
  const over = state === 'accepted' || state === 'refused' || state === 'expired'
  usePoll(!over, 700, async () =>
    setVerification(await call<Verification>('GET', `/api/verifications/${started.id}`)),
  )

  if (verification && over) return <Result verification={verification} onAgain={onAgain} />
  return (
    <section className="handover">
      <p>{t.desk.scan}</p>
      <QrCode value={started.requestUri} label={t.desk.qrLabel} />
      <Spinner>{state === 'fetched' ? t.desk.fetched : t.desk.waiting}</Spinner>
      <p>
        <a href={started.walletLink} target="_blank" rel="noreferrer">
          {t.desk.sameDevice}
        </a>
      </p>
      <Button variant="secondary" onClick={onAgain}>
        {t.cancel}
      </Button>
    </section>
  )
}
