import { Button, EmptyState, Notice, Page, Select, StatusBadge, Table, TextField } from '@pass/ui'
import { type FormEvent, useState } from 'react'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { MoreButton, usePages } from '../pages.tsx'
import { ActDialog } from '../parts/act-dialog.tsx'
import { Scanner } from '../parts/scanner.tsx'
import { amountIn, usePoints } from '../points.ts'
import { useSession } from '../session/session.tsx'
import type { Award, Programme } from './types.ts'

const TONE = { pending: 'info', batched: 'info', confirmed: 'success', refused: 'error' } as const

/** For the owner of a programme: give points to a citizen, and see what was given. */
export default function Awards() {
  const { t, local, moment } = useI18n()
  const points = usePoints()
  const id = useSession().data?.programme?.id ?? ''
  const awards = usePages<Award>(`/api/programmes/${id}/awards`, {})
  const [correcting, setCorrecting] = useState<Award>()
  const [proposed, setProposed] = useState(false)

  return (
    <Page title={t.awards.title}>
      <GiveForm programmeId={id} onGiven={awards.reload} />
      <div role="status">{proposed && <Notice tone="success">{t.awards.proposed}</Notice>}</div>
      <Failure error={awards.error} onRetry={awards.reload} />
      {!awards.loading && awards.items.length === 0 && !awards.error && (
        <EmptyState title={t.awards.none}>{t.awards.noneNext}</EmptyState>
      )}
      {awards.items.length > 0 && (
        <Table
          caption={t.awards.list}
          rows={awards.items}
          rowKey={(award) => award.id}
          columns={[
            { key: 'at', header: t.awards.at, cell: ({ createdAt }) => moment(at(createdAt)) },
            { key: 'to', header: t.awards.to, cell: ({ to }) => to },
            { key: 'reason', header: t.awards.reason, cell: ({ reason }) => local(reason) },
            { key: 'points', header: t.programmes.points, cell: (a) => points(a.points), numeric: true },
            {
              key: 'status',
              header: t.payments.status,
              cell: ({ status }) => <StatusBadge tone={TONE[status]}>{t.awards.states[status]}</StatusBadge>,
            },
            {
              key: 'act',
              header: t.payments.act,
              cell: (award) =>
                award.status === 'confirmed' && (
                  <Button
                    variant="secondary"
                    aria-label={t.awards.correctOf(award.to, points(award.points))}
                    onClick={() => {
                      setProposed(false)
                      setCorrecting(award)
                    }}
                  >
                    {t.awards.correct}
                  </Button>
                ),
            },
          ]}
        />
      )}
      <MoreButton pages={awards} />
      {correcting && (
        <ActDialog
          title={t.awards.correct}
          action={t.awards.propose}
          danger
          reason={{ label: t.payments.reason, hint: t.awards.reasonHint }}
          onClose={() => setCorrecting(undefined)}
          onAct={async (reason) => {
            await call('POST', `/api/awards/${correcting.id}/correction`, {
              amount: String(correcting.points),
              reason,
            })
            setCorrecting(undefined)
            setProposed(true)
          }}
        >
          <p>{t.awards.correctLead(points(correcting.points))}</p>
        </ActDialog>
      )}
    </Page>
  )
}

function GiveForm({ programmeId, onGiven }: { programmeId: string; onGiven: () => void }) {
  const { t, local } = useI18n()
  const points = usePoints()
  const programmes = useLoad('programmes', () => call<Programme[]>('GET', '/api/programmes'))
  const programme = programmes.data?.find(({ id }) => String(id) === programmeId)
  const [to, setTo] = useState('')
  const [ruleId, setRuleId] = useState('')
  const [quantity, setQuantity] = useState('1')
  const [scanning, setScanning] = useState(false)
  const [missing, setMissing] = useState<'to' | 'quantity'>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const [given, setGiven] = useState<number>()
  // Stays the same until points were given: a press that got no answer can be repeated without giving twice.
  const [key, setKey] = useState(() => crypto.randomUUID())
  const rule = programme?.rules.find(({ id }) => id === ruleId) ?? programme?.rules[0]
  if (!programme || !rule) return <Failure error={programmes.error} onRetry={programmes.reload} />

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const digits = amountIn(quantity)
    setMissing(to.trim() === '' ? 'to' : digits === undefined ? 'quantity' : undefined)
    if (to.trim() === '' || digits === undefined || busy) return
    setBusy(true)
    setError(undefined)
    setGiven(undefined)
    try {
      const isPass = to.includes('#')
      const award = await call<{ points: number }>(
        'POST',
        `/api/programmes/${programmeId}/awards`,
        {
          to: isPass ? { pass: to.trim() } : { number: to.replaceAll(/[\s-]/g, '') },
          rule: rule.id,
          quantity: Number(digits),
        },
        { 'idempotency-key': key },
      )
      setGiven(award.points)
      setKey(crypto.randomUUID())
      setTo('')
      setQuantity('1')
      onGiven()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <section className="ui-stack" aria-labelledby="give">
      <h2 id="give">{t.awards.give}</h2>
      <form className="filters" noValidate onSubmit={(event) => void submit(event)}>
        <TextField
          label={t.awards.number}
          hint={t.awards.numberHint}
          value={to}
          onChange={(value) => {
            setTo(value)
            setMissing(undefined)
          }}
          autoComplete="off"
          error={missing === 'to' && t.awards.numberMissing}
        />
        <Select
          label={t.programmes.rule}
          value={rule.id}
          onChange={setRuleId}
          options={programme.rules.map((one) => ({
            value: one.id,
            label: `${local(one.name)} (${t.programmes.per(points(one.points), local(one.unit))})`,
          }))}
        />
        <TextField
          label={t.awards.quantity(local(rule.unit))}
          value={quantity}
          onChange={(value) => {
            setQuantity(value)
            setMissing(undefined)
          }}
          inputMode="numeric"
          error={missing === 'quantity' && t.awards.quantityInvalid}
        />
        <div className="actions">
          <Button type="submit" busy={busy}>
            {t.awards.give}
          </Button>
          <Button variant="secondary" onClick={() => setScanning(!scanning)}>
            {scanning ? t.cancel : t.awards.scan}
          </Button>
        </div>
      </form>
      {scanning && (
        <Scanner
          label={t.counter.video}
          onText={(text) => {
            setTo(text)
            setScanning(false)
          }}
        />
      )}
      <Failure error={error} />
      <div role="status">
        {given !== undefined && <Notice tone="success">{t.awards.given(points(given))}</Notice>}
      </div>
    </section>
  )
}
