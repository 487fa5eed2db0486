import { AppShell, Button, LanguageSwitch } from '@pass/ui'
import { type ReactNode, useState } from 'react'
import { Link, Redirect, Route, Router, Switch, useLocation } from 'wouter'
import { Anchors } from './anchors/anchors.tsx'
import type { Session } from './api.ts'
import { Audit } from './audit/audit.tsx'
import { Credentials } from './credentials/credentials.tsx'
import { Desk } from './desk/desk.tsx'
import { Failure } from './failure.tsx'
import { useI18n } from './i18n.ts'
import { NewOffer } from './offers/new-offer.tsx'
import { ImportRegister } from './register/import.tsx'
import { Register } from './register/register.tsx'
import { Enrol } from './session/enrol.tsx'
import { SessionProvider, useSession } from './session/session.tsx'
import { SignIn } from './session/sign-in.tsx'
import type { Messages } from './text/ko.ts'
import { useKeptFocus } from './use-kept-focus.ts'

/** What each role finds in the menu; the first is its home. The API checks the role again, whatever is shown. */
const MENU: Record<Session['role'], { path: string; name: keyof Messages['nav']; page: ReactNode }[]> = {
  officer: [
    { path: '/register', name: 'register', page: <Register /> },
    { path: '/import', name: 'import', page: <ImportRegister /> },
    { path: '/credentials', name: 'credentials', page: <Credentials /> },
  ],
  verifier: [{ path: '/desk', name: 'desk', page: <Desk /> }],
  operator: [
    { path: '/anchors', name: 'anchors', page: <Anchors /> },
    { path: '/audit', name: 'audit', page: <Audit /> },
  ],
}

export function App() {
  return (
    <Router base="/console">
      <SessionProvider>
        <Frame>
          <Switch>
            <Route path="/enrol">
              <Enrol />
            </Route>
            <Route>
              <Home />
            </Route>
          </Switch>
        </Frame>
      </SessionProvider>
    </Router>
  )
}

function Home() {
  const { t } = useI18n()
  const session = useSession()
  if (session.error && !session.data) return <Failure error={session.error} onRetry={session.reload} />
  if (session.data === undefined) return <p role="status">{t.loading}</p>
  if (session.data === null) return <SignIn />
  const menu = MENU[session.data.role]
  return (
    <Switch>
      {menu.map(({ path, page }) => (
        <Route key={path} path={path}>
          {page}
        </Route>
      ))}
      {session.data.role === 'officer' && (
        <Route path="/offers/new/:id">{({ id }) => <NewOffer residentId={id} />}</Route>
      )}
      <Route>
        <Redirect to={menu[0]?.path ?? '/'} replace />
      </Route>
    </Switch>
  )
}

function Frame({ children }: { children: ReactNode }) {
  const { t, local } = useI18n()
  const { data: session, signOut } = useSession()
  const [error, setError] = useState<unknown>()
  const [at] = useLocation()
  useKeptFocus()
  const place = session?.agency ?? session?.verifier
  const leave = () => {
    setError(undefined)
    signOut().catch(setError)
  }
  return (
    <AppShell
      name={
        <Link href="/" className="ui-header-name">
          {t.title}
        </Link>
      }
      {...(session
        ? {
            navigation: MENU[session.role].map(({ path, name }) => (
              <Link key={path} href={path} aria-current={at === path ? 'page' : undefined}>
                {t.nav[name]}
              </Link>
            )),
          }
        : {})}
      actions={
        <div className="who">
          {session && (
            <span className="ui-hint">
              {session.name} · {t.role[session.role]}
              {place ? ` · ${local(place.name)}` : ''}
            </span>
          )}
          <LanguageSwitch />
          {session && (
            <Button variant="text" onClick={leave}>
              {t.signOut}
            </Button>
          )}
        </div>
      }
    >
      {session && <Failure error={error} />}
      {children}
    </AppShell>
  )
}
