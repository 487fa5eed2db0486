import { AppShell, Button, LanguageSwitch, Spinner } from '@pass/ui'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { Link, Redirect, Route, Router, Switch, useLocation } from 'wouter'
import { Anchors } from './anchors/anchors.tsx'
import type { Role } from './api.ts'
import { Audit } from './audit/audit.tsx'
import { Credentials } from './credentials/credentials.tsx'
import { Desk } from './desk/desk.tsx'
import { DeskReturn } from './desk/desk-return.tsx'
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

// Nobody has more than one role: what another one needs is not loaded.
const Applications = lazy(() => import('./applications/applications.tsx'))
const ApplyAsMerchant = lazy(() => import('./apply/merchant.tsx'))
const ApplyAsOrganisation = lazy(() => import('./apply/organisation.tsx'))
const Counter = lazy(() => import('./merchant/counter.tsx'))
const Payments = lazy(() => import('./merchant/payments.tsx'))
const MerchantSettlements = lazy(() => import('./merchant/settlements.tsx'))
const MerchantStaff = lazy(() => import('./merchant/staff.tsx'))
const Spending = lazy(() => import('./programme/spending.tsx'))
const Awards = lazy(() => import('./programme/awards.tsx'))
const Corrections = lazy(() => import('./programme/corrections.tsx'))
const Programmes = lazy(() => import('./city/programmes.tsx'))
const Merchants = lazy(() => import('./city/merchants.tsx'))
const Organisations = lazy(() => import('./city/organisations.tsx'))
const Wallets = lazy(() => import('./city/wallets.tsx'))
const Settlements = lazy(() => import('./city/settlements.tsx'))
const Disputes = lazy(() => import('./city/disputes.tsx'))
const ImportHours = lazy(() => import('./city/import-hours.tsx'))
const Activities = lazy(() => import('./organiser/activities.tsx'))
const Activity = lazy(() => import('./organiser/activity.tsx'))
const EditActivity = lazy(() => import('./organiser/edit-activity.tsx'))

type Entry = { path: string; name: keyof Messages['nav']; page: ReactNode }

/** What each role finds in the menu; the first is its home. The API checks the role again, whatever is shown. */
const MENU: Record<Role, Entry[]> = {
  officer: [
    { path: '/register', name: 'register', page: <Register /> },
    { path: '/import', name: 'import', page: <ImportRegister /> },
    { path: '/credentials', name: 'credentials', page: <Credentials /> },
    { path: '/applications', name: 'applications', page: <Applications /> },
  ],
  verifier: [{ path: '/desk', name: 'desk', page: <Desk /> }],
  operator: [
    { path: '/anchors', name: 'anchors', page: <Anchors /> },
    { path: '/programmes', name: 'programmes', page: <Programmes /> },
    { path: '/corrections', name: 'corrections', page: <Corrections /> },
    { path: '/merchants', name: 'merchants', page: <Merchants /> },
    { path: '/settlements', name: 'settlements', page: <Settlements /> },
    { path: '/organisations', name: 'organisations', page: <Organisations /> },
    { path: '/disputes', name: 'disputes', page: <Disputes /> },
    { path: '/hours', name: 'hours', page: <ImportHours /> },
    { path: '/wallets', name: 'wallets', page: <Wallets /> },
    { path: '/audit', name: 'audit', page: <Audit /> },
  ],
  organiser: [{ path: '/activities', name: 'activities', page: <Activities /> }],
  merchant: [
    { path: '/counter', name: 'counter', page: <Counter /> },
    { path: '/payments', name: 'payments', page: <Payments /> },
    { path: '/statements', name: 'settlements', page: <MerchantSettlements /> },
    { path: '/staff', name: 'staff', page: <MerchantStaff /> },
  ],
  programme: [
    { path: '/spending', name: 'spending', page: <Spending /> },
    { path: '/awards', name: 'awards', page: <Awards /> },
    { path: '/corrections', name: 'corrections', page: <Corrections /> },
  ],
}

/** Pages that one comes to from another, and not from the menu. */
const FURTHER: Partial<Record<Role, ReactNode[]>> = {
  officer: [
    <Route key="offer" path="/offers/new/:id">
      {({ id }) => <NewOffer residentId={id} />}
    </Route>,
  ],
  verifier: [
    <Route key="return" path="/desk/return">
      <DeskReturn />
    </Route>,
  ],
  organiser: [
    <Route key="new" path="/activities/new">
      <EditActivity />
    </Route>,
    <Route key="edit" path="/activities/:id/edit">
      {({ id }) => <EditActivity id={id} />}
    </Route>,
    <Route key="one" path="/activities/:id">
      {({ id }) => <Activity id={id} />}
    </Route>,
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
            <Route path="/apply/merchant">
              <Suspense fallback={<Coming />}>
                <ApplyAsMerchant />
              </Suspense>
            </Route>
            <Route path="/apply/organisation">
              <Suspense fallback={<Coming />}>
                <ApplyAsOrganisation />
              </Suspense>
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
    <Suspense fallback={<Coming />}>
      <Switch>
        {menu.map(({ path, page }) => (
          <Route key={path} path={path}>
            {page}
          </Route>
        ))}
        {FURTHER[session.data.role]}
        <Route>
          <Redirect to={menu[0]?.path ?? '/'} replace />
        </Route>
      </Switch>
    </Suspense>
  )
}

/** A page that is still being loaded. */
function Coming() {
  const { t } = useI18n()
  return (
    <main id="main" className="ui-page">
      <Spinner>{t.loading}</Spinner>
    </main>
  )
}

function Frame({ children }: { children: ReactNode }) {
  const { t, local } = useI18n()
  const { data: session, signOut } = useSession()
  const [error, setError] = useState<unknown>()
  const [at] = useLocation()
  useKeptFocus()
  const place =
    session?.agency ?? session?.verifier ?? session?.organisation ?? session?.payee ?? session?.programme
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
              <Link
                key={path}
                href={path}
                aria-current={at === path ? 'page' : at.startsWith(`${path}/`) ? 'true' : undefined}
              >
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
