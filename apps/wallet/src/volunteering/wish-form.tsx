import { Button, Select, TextField } from '@pass/ui'
import { useState } from 'react'
import { ANYTHING, type When, type Wish } from './find.ts'
import { useWords } from './i18n.ts'
import { KINDS } from './kinds.ts'
import { OUTLINES } from './map/outlines.ts'

const WHENS: readonly When[] = ['any', 'today', 'week', 'weekend', 'date']

/** What the citizen is looking for. The text is in sight; the rest unfolds. */
export function WishForm({ wish, onChange }: { wish: Wish; onChange: (wish: Wish) => void }) {
  const { t, local } = useWords()
  const words = t.activities
  const chosen = [wish.when !== 'any', wish.kind !== '', wish.districtCode !== '', wish.order !== 'soonest']
  const count = chosen.filter(Boolean).length
  // Open from the start when something is chosen in it; from then on as the citizen leaves it.
  const [open, setOpen] = useState(count > 0)
  const set = (part: Partial<Wish>) => onChange({ ...wish, ...part })
  return (
    <search className="ui-stack">
      <TextField
        label={words.search}
        type="search"
        enterKeyHint="search"
        value={wish.text}
        onChange={(text) => set({ text })}
      />
      <details className="paste" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{count > 0 ? words.narrowed(count) : words.narrow}</summary>
        <div className="ui-stack">
          <Select
            label={words.when}
            value={wish.when}
            onChange={(when) => set({ when: when as When })}
            options={WHENS.map((value) => ({ value, label: words.whens[value] }))}
          />
          {wish.when === 'date' && (
            <TextField label={words.date} type="date" value={wish.date} onChange={(date) => set({ date })} />
          )}
          <Select
            label={words.kind}
            value={wish.kind}
            onChange={(kind) => set({ kind })}
            placeholder={words.anyKind}
            options={KINDS.map(({ id, name }) => ({ value: id, label: local(name) }))}
          />
          <Select
            label={words.district}
            value={wish.districtCode}
            onChange={(districtCode) => set({ districtCode })}
            placeholder={words.anyDistrict}
            options={OUTLINES.map(({ code, name }) => ({ value: code, label: local(name) }))}
          />
          <Select
            label={words.order}
            value={wish.order}
            onChange={(order) => set({ order: order as Wish['order'] })}
            options={[
              { value: 'soonest', label: words.soonest },
              { value: 'nearest', label: words.nearest },
            ]}
          />
          {count > 0 && (
            <div>
              <Button variant="text" onClick={() => onChange({ ...ANYTHING, text: wish.text })}>
                {words.clear}
              </Button>
            </div>
          )}
        </div>
      </details>
    </search>
  )
}
