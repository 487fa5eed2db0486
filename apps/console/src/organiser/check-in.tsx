import { Button, Notice, QrCode, Spinner } from '@pass/ui'
import { useState } from 'react'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad, usePoll } from '../load.ts'
import { Scanner } from '../parts/scanner.tsx'

type Code = { text: string; expiresAt: string }
type Scanned = { name: string; event: 'in' | 'out' }

/** At the door: a code that changes all the time for volunteers to scan, or their own codes scanned here. */
export function CheckIn({ id }: { id: string }) {
  const { t } = useI18n()
  const [scanning, setScanning] = useState(false)
  const [scanned, setScanned] = useState<Scanned>()
  const [error, setError] = useState<unknown>()

  const scan = async (pass: string) => {
    setScanning(false)
    setError(undefined)
    setScanned(undefined)
    try {
      setScanned(await call<Scanned>('POST', `/api/organiser/activities/${id}/scan`, { pass }))
    } catch (failure) {
      setError(failure)
    }
  }

  return (
    <div className="handover">
      <div role="status">
        {scanned && <Notice tone="success">{t.checkIn.scanned[scanned.event](scanned.name)}</Notice>}
      </div>
      <Failure error={error} />
      {scanning ? (
        <Scanner label={t.counter.video} onText={(text) => void scan(text)} />
      ) : (
        <RotatingCode id={id} />
      )}
      <Button variant="secondary" onClick={() => setScanning(!scanning)}>
        {scanning ? t.checkIn.showCode : t.checkIn.scanPass}
      </Button>
      <p className="ui-hint">{t.checkIn.byHand}</p>
    </div>
  )
}

function RotatingCode({ id }: { id: string }) {
  const { t } = useI18n()
  const code = useLoad(`code ${id}`, () => call<Code>('GET', `/api/organiser/activities/${id}/qr`))
  // Well before it runs out, so that what a volunteer is pointing at is always good.
  usePoll(true, 5000, async () => code.reload())
  return (
    <>
      <p>{t.checkIn.letScan}</p>
      <Failure error={code.error} onRetry={code.reload} />
      {code.data ? (
        <QrCode value={code.data.text} label={t.checkIn.qrLabel} />
      ) : (
        !code.error && <Spinner>{t.loading}</Spinner>
      )}
    </>
  )
}
