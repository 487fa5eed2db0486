import type { QueryGroup, QueryPreview, RequestPreview } from '@pass/holder'
import { Button, Notice, Page, RadioGroup, StatusBadge } from '@pass/ui'
import { useI18n } from '../i18n.ts'
import { Claims } from '../parts/claims.tsx'
import { useVerifierName } from '../parts/use-verifier-name.ts'
import { answered, chosenCard, isAnswerable, type Selection } from './selection.ts'

type Choosing = { request: RequestPreview; selection: Selection; onSelect: (selection: Selection) => void }
type Props = Choosing & { onSubmit: () => void; onStop: () => void }

/** The question itself: nothing leaves the device before 제출. */
export function PresentConsent({ request, selection, onSelect, onSubmit, onStop }: Props) {
  const { t } = useI18n()
  const nameOf = useVerifierName()
  const queries = answered(request, selection)
  return (
    <Page title={t.present.consent(nameOf(request.verifier))} narrow appName={t.app.name}>
      <Who request={request} />
      <Warnings request={request} />
      <Choices request={request} selection={selection} onSelect={onSelect} />
      <section className="ui-panel shown" aria-labelledby="shows">
        <div>
          <h2 id="shows">{t.present.shows}</h2>
          <p className="only">{t.present.only}</p>
        </div>
        {queries.map((query) => (
          <ShownOf key={query.id} query={query} selection={selection} onSelect={onSelect} />
        ))}
      </section>
      <div className="ui-stack">
        <Button wide onClick={onSubmit} disabled={queries.length === 0}>
          {t.present.submit}
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

/** Only where there is something to choose: between kinds of cards, or whether to show what is not required. */
function Choices({ request, selection, onSelect }: Choosing) {
  const { t } = useI18n()
  const names = useOptionNames(request.queries)

  function choose(group: number, option: number | undefined) {
    onSelect({
      ...selection,
      options: selection.options.map((before, index) => (index === group ? option : before)),
    })
  }

  return request.groups.map((group, index) => {
    const open = group.options.flatMap((option, at) =>
      isAnswerable(option, request.queries) ? [{ value: String(at), label: names(option) }] : [],
    )
    if (open.length === 0 || (group.required && open.length === 1)) return null
    const options = group.required ? open : [{ value: 'none', label: t.present.optionalNone }, ...open]
    return (
      <RadioGroup
        key={keyOf(group)}
        legend={group.required ? t.present.chooseSet : t.present.optional}
        options={options}
        value={selection.options[index] === undefined ? 'none' : String(selection.options[index])}
        onChange={(value) => choose(index, value === 'none' ? undefined : Number(value))}
      />
    )
  })
}

const keyOf = (group: QueryGroup) => JSON.stringify(group.options)

function useOptionNames(queries: QueryPreview[]) {
  const { local } = useI18n()
  return (option: string[]) =>
    option
      .flatMap((id) => queries.find((query) => query.id === id)?.candidates[0] ?? [])
      .map(({ display, claims }) => {
        const labels = claims.map(({ label }) => local(label)).join(', ')
        return labels ? `${local(display.name)} (${labels})` : local(display.name)
      })
      .join(' + ')
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
