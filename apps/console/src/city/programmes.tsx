import { Button, Notice, Page, Select, TextField } from '@pass/ui'
import { type FormEvent, useState } from 'react'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { ActDialog } from '../parts/act-dialog.tsx'
import { amountIn, usePoints } from '../points.ts'
import { ProgrammeFigures } from '../programme/figures.tsx'
import type { Programme } from '../programme/types.ts'

type Totals = {
  paused: boolean
  supply: string
  awarded: string
  redeemed: string
  donated: string
  expired: string
  refunded: string
  corrected: string
}
const FIGURES = ['awarded', 'redeemed', 'donated', 'refunded', 'corrected', 'expired', 'supply'] as const

/** For the city: all points there are, and each programme with its budget. */
export default function Programmes() {
  const { t, local } = useI18n()
  const points = usePoints()
  const programmes = useLoad('programmes', () => call<Programme[]>('GET', '/api/programmes'))
  const totals = useLoad('totals', () => call<Totals>('GET', '/api/chain-totals'))
  const [chosen, setChosen] = useState('')
  const [asking, setAsking] = useState<'stop' | 'resume'>()
  const [braking, setBraking] = useState(false)
  const programme = programmes.data?.find(({ id }) => String(id) === chosen) ?? programmes.data?.[0]

  return (
    <Page title={t.programmes.title}>
      <Failure error={programmes.error ?? totals.error} onRetry={programmes.reload} />
      {totals.data && (
        <dl className="facts" aria-label={t.programmes.all}>
          {FIGURES.map((figure) => (
            <div key={figure}>
              <dt>{t.programmes.figures[figure]}</dt>
              <dd>{points(totals.data?.[figure] ?? '0')}</dd>
            </div>
          ))}
        </dl>
      )}
      {totals.data?.paused && (
        <Notice tone="warning" title={t.programmes.paused}>
          <p>{t.programmes.pausedNext}</p>
        </Notice>
      )}
      {totals.data && (
        <Button variant={totals.data.paused ? 'primary' : 'danger'} onClick={() => setBraking(true)}>
          {t.programmes.brake[totals.data.paused ? 'resume' : 'pause']}
        </Button>
      )}
      {programmes.data && programme && (
        <>
          <Select
            label={t.programmes.choose}
            value={String(programme.id)}
            onChange={setChosen}
            options={programmes.data.map(({ id, name }) => ({ value: String(id), label: local(name) }))}
          />
          <ProgrammeFigures key={programme.id} programme={programme} />
          <ChangeForm key={`change ${programme.id}`} programme={programme} onDone={programmes.reload} />
          {programme.status !== 'pending' && (
            <Button
              variant={programme.status === 'active' ? 'danger' : 'secondary'}
              onClick={() => setAsking(programme.status === 'active' ? 'stop' : 'resume')}
            >
              {t.programmes.act[programme.status === 'active' ? 'stop' : 'resume']}
            </Button>
          )}
        </>
      )}
      {braking && totals.data && (
        <ActDialog
          title={t.programmes.brake[totals.data.paused ? 'resume' : 'pause']}
          action={t.programmes.brake[totals.data.paused ? 'resume' : 'pause']}
          danger={!totals.data.paused}
          reason={{ label: t.payments.reason, hint: t.payments.reasonHint }}
          onClose={() => setBraking(false)}
          onAct={async (reason) => {
            await call('POST', `/api/points/${totals.data?.paused ? 'resume' : 'pause'}`, { reason })
            setBraking(false)
            totals.reload()
          }}
        >
          <p>{t.programmes.brakeLead[totals.data.paused ? 'resume' : 'pause']}</p>
        </ActDialog>
      )}
      {asking && programme && (
        <ActDialog
          title={t.programmes.act[asking]}
          action={t.programmes.act[asking]}
          danger={asking === 'stop'}
          onClose={() => setAsking(undefined)}
          onAct={async () => {
            await call('POST', `/api/programmes/${programme.id}/${asking}`, {})
            setAsking(undefined)
            programmes.reload()
          }}
        >
          <p>{t.programmes.confirm[asking](local(programme.name))}</p>
        </ActDialog>
      )}
    </Page>
  )
}

function ChangeForm({ programme, onDone }: { programme: Programme; onDone: () => void }) {
  const { t } = useI18n()
  const [budget, setBudget] = useState(programme.budget)
  const [dayLimit, setDayLimit] = useState(String(programme.dayLimit))
  const [endsOn, setEndsOn] = useState(programme.endsOn)
  const [invalid, setInvalid] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const [done, setDone] = useState(false)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const digits = amountIn(budget)
    const limit = amountIn(dayLimit)
    setInvalid(digits === undefined || limit === undefined)
    if (digits === undefined || limit === undefined || busy) return
    setBusy(true)
    setError(undefined)
    try {
      const change = { budget: digits, dayLimit: Number(limit), endsOn }
      await call('POST', `/api/programmes/${programme.id}/change`, change)
      setDone(true)
      onDone()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <section className="ui-stack" aria-labelledby="change">
      <h2 id="change">{t.programmes.change}</h2>
      <form className="filters" noValidate onSubmit={(event) => void submit(event)}>
        <TextField
          label={t.programmes.budget}
          value={budget}
          onChange={setBudget}
          inputMode="numeric"
          error={invalid && t.programmes.invalid}
        />
        <TextField label={t.programmes.limit} value={dayLimit} onChange={setDayLimit} inputMode="numeric" />
        <TextField label={t.programmes.endsOn} type="date" value={endsOn} onChange={setEndsOn} />
        <div className="actions">
          <Button type="submit" variant="secondary" busy={busy}>
            {t.programmes.save}
          </Button>
        </div>
      </form>
      <Failure error={error} />
      <div role="status">{done && <Notice tone="success">{t.programmes.changed}</Notice>}</div>
    </section>
  )
}
