import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react'

export type TabsProps = {
  /** What the tabs choose between, for those who hear the page. */
  label: string
  tabs: { id: string; label: ReactNode; content: ReactNode }[]
  /** The open tab; without it the tabs keep track by themselves. */
  selected?: string
  onSelect?: (id: string) => void
}

/** Tabs: arrow keys, Home and End move between them. */
export function Tabs({ label, tabs, selected, onSelect }: TabsProps) {
  const base = useId()
  const list = useRef<HTMLDivElement>(null)
  const [own, setOwn] = useState(tabs[0]?.id)
  const open = tabs.find((tab) => tab.id === (selected ?? own)) ?? tabs[0]

  function choose(index: number) {
    const tab = tabs[(index + tabs.length) % tabs.length]
    if (!tab) return
    setOwn(tab.id)
    onSelect?.(tab.id)
    list.current?.querySelector<HTMLElement>(`[data-tab="${CSS.escape(tab.id)}"]`)?.focus()
  }

  function onKeyDown(event: KeyboardEvent) {
    const at = tabs.findIndex((tab) => tab.id === open?.id)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    choose(to)
  }

  return (
    <div>
      <div className="ui-tablist" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab, index) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            className="ui-tab"
            id={`${base}-${tab.id}`}
            data-tab={tab.id}
            aria-selected={tab.id === open?.id}
            aria-controls={`${base}-panel`}
            tabIndex={tab.id === open?.id ? 0 : -1}
            onClick={() => choose(index)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      {open && (
        <div
          className="ui-tabpanel"
          role="tabpanel"
          id={`${base}-panel`}
          aria-labelledby={`${base}-${open.id}`}
        >
          {open.content}
        </div>
      )}
    </div>
  )
}
