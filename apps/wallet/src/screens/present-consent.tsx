import type { QueryPreview, RequestPreview } from '@pass/holder'
import { Button, Notice, Page, RadioGroup, StatusBadge } from '@pass/ui'
import { useI18n } from '../i18n.ts'
import { Claims } from '../parts/claims.tsx'
import { useVerifierName } from '../parts/use-verifier-name.ts'
import { type Choosing, PresentChoices } from './present-choices.tsx'
import { Transactions } from './present-transactions.tsx'
import { answered, chosenCard, transactionsOf } from './selection.ts'

type Props = Choosing & { onSubmit: () => void; onStop: () => void }

/** The question itself: nothing leaves the device before 제출. */
export function PresentConsent({ request, selection, onSelect, onSubmit, onStop }: Props) {
  const { t } = useI18n()
  const nameOf = useVerifierName()
  const queries = answered(request, selection)
  const transactions = transactionsOf(request, queries)
  return (
    <Page title={t.present.consent(nameOf(request.verifier))} narrow appName={t.app.name}>
      <Who request={request} />
      <Warnings request={request} />
      <PresentChoices request={request} selection={selection} onSelect={onSelect} />
      <section className="ui-panel shown" aria-labelledby="shows">
        <div>
          <h2 id="shows">{t.present.shows}</h2>
          <p className="only">{t.present.only}</p>
        </div>
        {queries.map((query) => (
          <ShownOf key={query.id} query={query} selection={selection} onSelect={onSelect} />
        ))}
      </section>
      {transactions.length > 0 && <Transactions transactions={transactions} />}
      <div className="ui-stack">
        <Button wide onClick={onSubmit} disabled={queries.length === 0}>
          {transactions.length > 0 ? t.present.approveAndSubmit : t.present.submit}
        </Button>
        <Button wide variant="secondary" onClick={onStop}>
          {t.present.stop}
        </Button>
        <p className="ui-hint stop-hint">{t.present.stopHint}</p>
      </div>
    </Page>
  )
}

function Who({ request: { verifier, purpose } }: { request: RequestPreview }) {
  const { t, local } = useI18n()
  const nameOf = useVerifierName()
  return (
    <section className="ui-panel" aria-labelledby="who">
      <div className="ui-stack tight">
        <h2 id="who" className="panel-title">
          {t.present.who}
        </h2>
        <p className="party">{nameOf(verifier)}</p>
        <div>
          <StatusBadge tone="success">✓ {t.present.registered}</StatusBadge>
        </div>
      </div>
      {purpose && (
        <div>
          <p className="panel-title">{t.present.purpose}</p>
          <p className="purpose">{local(purpose)}</p>
        </div>
      )}
    </section>
  )
}

function Warnings({ request: { registered, beyond } }: { request: RequestPreview }) {
  const { t, local } = useI18n()
  if (!registered)
    return (
      <Notice tone="warning" title={t.present.unregistered}>
        <p>{t.present.unregisteredNext}</p>
      </Notice>
    )
  if (beyond.length === 0) return null
  return (
    <Notice tone="warning" title={t.present.beyond}>
      <p>{t.present.beyondList(beyond.map(({ label }) => local(label)).join(', '))}</p>
      <p>{t.present.beyondNext}</p>
    </Notice>
  )
}

function ShownOf({ query, selection, onSelect }: { query: QueryPreview } & Omit<Choosing, 'request'>) {
  const { t, local, day } = useI18n()
  const card = chosenCard(query, selection)
  if (!card) return null
  return (
    <div className="ui-stack">
      {query.candidates.length > 1 && (
        <RadioGroup
          legend={t.present.chooseCard}
          value={card.credentialId}
          onChange={(id) => onSelect({ ...selection, cards: { ...selection.cards, [query.id]: id } })}
          options={query.candidates.map((one) => ({
            value: one.credentialId,
            label: local(one.display.name),
            hint: [
              local(one.issuer.name),
              one.expiresAt === undefined ? '' : t.present.cardUntil(day(one.expiresAt)),
            ]
              .filter(Boolean)
              .join(' · '),
          }))}
        />
      )}
      <h3 className="from-card">{t.present.fromCard(local(card.display.name))}</h3>
      {card.claims.length > 0 ? <Claims claims={card.claims} /> : <p>{t.present.onlyType}</p>}
    </div>
  )
}
