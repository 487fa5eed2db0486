import { Button, Dialog, Notice, Page, RadioGroup, StatusBadge } from '@pass/ui'
import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { askToPersist, eraseDevice, isPersisted } from '../device/device.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import { FailureNotice } from '../parts/failure-page.tsx'
import { useCards } from '../parts/use-stored.ts'
import { useAccount } from '../points/use-points.ts'
import { setWelcomed } from './welcome.tsx'

/** Language, how safely the browser keeps the cards, and the way to delete everything. */
export default function Settings() {
  const { t, language, setLanguage } = useI18n()
  return (
    <Page title={t.settings.title} narrow appName={t.app.name}>
      <section className="ui-panel">
        <RadioGroup
          legend={t.settings.language}
          value={language}
          onChange={(value) => setLanguage(value === 'en' ? 'en' : 'ko')}
          options={[
            { value: 'ko', label: <span lang="ko">{t.settings.korean}</span> },
            { value: 'en', label: <span lang="en">{t.settings.english}</span> },
          ]}
        />
      </section>
      <Keeping />
      <Erase />
    </Page>
  )
}

function Keeping() {
  const { t } = useI18n()
  const [persisted, setPersisted] = useState<boolean>()
  const [refused, setRefused] = useState(false)
  useEffect(() => {
    isPersisted().then(setPersisted, () => setPersisted(false))
  }, [])

  async function ask() {
    const granted = await askToPersist().catch(() => false)
    setPersisted(granted)
    setRefused(!granted)
  }

  return (
    <section className="ui-panel" aria-labelledby="keeping">
      <h2 id="keeping">{t.settings.storage}</h2>
      {persisted === true && (
        <div className="ui-stack">
          <div>
            <StatusBadge tone="success">{t.settings.persistedBadge}</StatusBadge>
          </div>
          <p>{t.settings.persisted}</p>
        </div>
      )}
      {persisted === false && (
        <div className="ui-stack">
          <div>
            <StatusBadge tone="warning">{t.settings.notPersistedBadge}</StatusBadge>
          </div>
          <p>{t.settings.notPersisted}</p>
          <Button variant="secondary" onClick={ask}>
            {t.settings.persist}
          </Button>
        </div>
      )}
      <div role="status">{refused && <Notice tone="info">{t.settings.persistRefused}</Notice>}</div>
    </section>
  )
}

function Erase() {
  const { t } = useI18n()
  const [, navigate] = useLocation()
  const cards = useCards()
  const account = useAccount()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  async function erase() {
    setBusy(true)
    try {
      await eraseDevice()
      setWelcomed(false)
      navigate('/')
    } catch (error) {
      setFailure(toFailure(error))
      setBusy(false)
    }
  }

  return (
    <section className="ui-panel" aria-labelledby="erase">
      <h2 id="erase">{t.settings.erase}</h2>
      <p>{t.settings.eraseLead}</p>
      <div>
        <Button variant="secondary" onClick={() => setAsking(true)}>
          {t.settings.erase}
        </Button>
      </div>
      <Dialog
        open={asking}
        title={t.settings.eraseTitle}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t.app.cancel}
            </Button>
            <Button variant="danger" busy={busy} onClick={erase}>
              {busy ? t.settings.erasing : t.settings.eraseConfirm}
            </Button>
          </>
        }
      >
        <p>{t.settings.eraseBody(cards.state === 'ready' ? cards.value.length : 0)}</p>
        {account.state === 'ready' && account.value?.status === 'open' && <p>{t.settings.erasePoints}</p>}
        {failure && <FailureNotice failure={failure} titled />}
      </Dialog>
    </section>
  )
}
