import { Button, EmptyState, Notice, Page, TextField } from '@pass/ui'
import { useState } from 'react'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import type { Settlement } from '../merchant/types.ts'
import { ActDialog } from '../parts/act-dialog.tsx'
import { SettlementTable } from '../parts/settlement-table.tsx'
import { usePoints } from '../points.ts'

/** For the city: what each merchant and fund is owed, and what has been paid out. */
export default function Settlements() {
  const { t, local } = useI18n()
  const points = usePoints()
  const settlements = useLoad('settlements', () => call<Settlement[]>('GET', '/api/settlements'))
  const [paying, setPaying] = useState<Settlement>()
  const [reference, setReference] = useState('')
  const [closing, setClosing] = useState(false)
  const [closed, setClosed] = useState<{ closed: unknown[]; waiting: unknown[] }>()
  const [error, setError] = useState<unknown>()

  const close = async () => {
    setClosing(true)
    setError(undefined)
    try {
      setClosed(await call('POST', '/api/settlements/close-due', {}))
      settlements.reload()
    } catch (failure) {
      setError(failure)
    } finally {
      setClosing(false)
    }
  }

  return (
    <Page title={t.settlements.title} lead={t.settlements.cityLead}>
      <Failure error={settlements.error ?? error} onRetry={settlements.reload} />
      <Button variant="secondary" busy={closing} onClick={() => void close()}>
        {t.settlements.close}
      </Button>
      <p className="ui-hint">{t.settlements.closeHint}</p>
      <div role="status">
        {closed && (
          <Notice tone="info">{t.settlements.closed(closed.closed.length, closed.waiting.length)}</Notice>
        )}
      </div>
      {settlements.data?.length === 0 && (
        <EmptyState title={t.settlements.none}>{t.settlements.noneNext}</EmptyState>
      )}
      {settlements.data && settlements.data.length > 0 && (
        <SettlementTable
          rows={settlements.data}
          named
          act={(row) =>
            row.status === 'closed' && (
              <Button
                variant="secondary"
                aria-label={t.settlements.payOf(local(row.payee.name), row.from)}
                onClick={() => {
                  setReference('')
                  setPaying(row)
                }}
              >
                {t.settlements.pay}
              </Button>
            )
          }
        />
      )}
      {paying && (
        <ActDialog
          title={t.settlements.pay}
          action={t.settlements.pay}
          onClose={() => setPaying(undefined)}
          onAct={async () => {
            await call('POST', `/api/settlements/${paying.id}/paid`, { reference: reference.trim() })
            setPaying(undefined)
            settlements.reload()
          }}
        >
          <p>{t.settlements.payLead(local(paying.payee.name), points(paying.net))}</p>
          <TextField
            label={t.settlements.reference}
            hint={t.settlements.referenceHint}
            value={reference}
            onChange={setReference}
            maxLength={100}
            required
          />
        </ActDialog>
      )}
    </Page>
  )
}
