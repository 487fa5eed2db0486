import { type ReactNode, useEffect, useRef } from 'react'
import { useWords } from './words.ts'

export type AppShellProps = {
  /** The app's name, usually a link home. Style it with the class `ui-header-name`. */
  name: ReactNode
  /** Links; mark the current one with `aria-current="page"`. */
  navigation?: ReactNode[] | undefined
  /** What else stands in the header: language, sign out. */
  actions?: ReactNode
  /** One `Page`. */
  children: ReactNode
}

/** Header, navigation, and the link that skips both. */
export function AppShell({ name, navigation, actions, children }: AppShellProps) {
  const { t } = useWords()
  return (
    <>
      <a className="ui-skip" href="#main">
        {t.skip}
      </a>
      <header className="ui-header">
        {name}
        {navigation && (
          <nav className="ui-nav" aria-label={t.menu}>
            <ul>
              {navigation.map((link, index) => (
                <li key={index}>{link}</li>
              ))}
            </ul>
          </nav>
        )}
        {actions}
      </header>
      {children}
    </>
  )
}

export type PageProps = {
  /** The page's one h1; also the window's title. */
  title: string
  /** One or two sentences under the title. */
  lead?: ReactNode
  /** What stands above the title: a way back. */
  before?: ReactNode
  /** A column for reading, of one main action (the wallet); without it the page is as wide as a desk needs. */
  narrow?: boolean
  /** Put after the page's name in the window's title. */
  appName?: string
  children?: ReactNode
}

// The first page of a visit leaves the focus alone: the browser's own start is right there.
let visited = false

/** A page: main landmark and title. The title takes the focus when one page follows another or it changes. */
export function Page({ title, lead, before, narrow = false, appName, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = appName ? `${title} · ${appName}` : title
    if (visited) {
      heading.current?.focus({ preventScroll: true })
      window.scrollTo(0, 0)
    }
    visited = true
  }, [title, appName])
  return (
    <main id="main" tabIndex={-1} className={narrow ? 'ui-page ui-page-narrow' : 'ui-page'}>
      <div className="ui-page-head">
        {before}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead && <p className="ui-lead">{lead}</p>}
      </div>
      {children}
    </main>
  )
}
