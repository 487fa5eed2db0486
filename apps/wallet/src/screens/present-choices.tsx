import type { Candidate, QueryGroup, RequestPreview } from '@pass/holder'
import { Checkbox, RadioGroup } from '@pass/ui'
import { useI18n } from '../i18n.ts'
import { openOptions, type Selection } from './selection.ts'

export type Choosing = {
  request: RequestPreview
  selection: Selection
  onSelect: (selection: Selection) => void
}

/** Only where there is something to choose: between alternatives, or whether to show what is not required. */
export function PresentChoices({ request, selection, onSelect }: Choosing) {
  return request.groups.map((group, index) => {
    const open = openOptions(group, request.queries, selection)
    if (open.length === 0 || (group.required && open.length === 1)) return null
    const choose = (option: number | undefined) =>
      onSelect({
        ...selection,
        options: selection.options.map((before, at) => (at === index ? option : before)),
      })
    const props = { open, chosen: selection.options[index], onChoose: choose }
    const key = keyOf(group)
    if (group.required) return <Alternatives key={key} {...props} />
    return open.length === 1 ? <Addition key={key} {...props} /> : <Additions key={key} {...props} />
  })
}

const keyOf = (group: QueryGroup) => JSON.stringify(group)

type Open = { at: number; cards: Candidate[] }
type Props = { open: Open[]; chosen: number | undefined; onChoose: (option: number | undefined) => void }

/** One of these must be shown. */
function Alternatives({ open, chosen, onChoose }: Props) {
  const { t } = useI18n()
  return (
    <RadioGroup
      legend={t.present.chooseSet(open.length)}
      options={open.map(({ at, cards }) => ({ value: String(at), label: <Option cards={cards} /> }))}
      value={String(chosen)}
      onChange={(value) => onChoose(Number(value))}
    />
  )
}

/** One of these may be shown as well. */
function Additions({ open, chosen, onChoose }: Props) {
  const { t } = useI18n()
  return (
    <RadioGroup
      legend={t.present.optional}
      options={[
        { value: 'none', label: t.present.optionalNone },
        ...open.map(({ at, cards }) => ({ value: String(at), label: <Option cards={cards} /> })),
      ]}
      value={chosen === undefined ? 'none' : String(chosen)}
      onChange={(value) => onChoose(value === 'none' ? undefined : Number(value))}
    />
  )
}

/** This may be shown as well. */
function Addition({ open, chosen, onChoose }: Props) {
  const { t, local } = useI18n()
  const [only] = open
  if (!only) return null
  const names = only.cards.map(({ display }) => local(display.name)).join(', ')
  return (
    <fieldset className="ui-radios">
      <legend>{t.present.optional}</legend>
      <Checkbox
        label={
          <>
            {t.present.optionalAdd(names)}
            {only.cards.map((card) => (
              <Shown key={card.credentialId} card={card} />
            ))}
          </>
        }
        checked={chosen === only.at}
        onChange={(checked) => onChoose(checked ? only.at : undefined)}
      />
    </fieldset>
  )
}

/** The cards of an option, each with what it would show. */
function Option({ cards }: { cards: Candidate[] }) {
  const { local } = useI18n()
  return cards.map((card) => (
    <span key={card.credentialId} className="option-card">
      <strong>{local(card.display.name)}</strong>
      <Shown card={card} />
    </span>
  ))
}

function Shown({ card: { claims } }: { card: Candidate }) {
  const { t, local } = useI18n()
  const labels = claims.map(({ label }) => local(label)).join(', ')
  return <span className="ui-hint">{labels ? t.present.showing(labels) : t.present.onlyType}</span>
}
