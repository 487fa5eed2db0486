import { AppShell, LanguageSwitch, Notice, Page, Spinner } from '@pass/ui'
import { lazy, Suspense, useEffect } from 'react'
import { Link, Route, Router, Switch, useLocation } from 'wouter'
import { ArrivedCards } from './account/arrived-cards.tsx'
import { startInboxLoop } from './account/inbox-loop.ts'
import { LeavingBanner } from './account/leaving-banner.tsx'
import { startBackground } from './engine/background.ts'
import { useI18n } from './i18n.ts'
import { ErrorBoundary } from './parts/error-boundary.tsx'
import { Icon } from './parts/icons.tsx'
import { useOnline } from './parts/use-online.ts'
import { CardPage } from './screens/card.tsx'
import { Home } from './screens/home.tsx'
import { UpdatePrompt } from './update-prompt.tsx'

const Scan = lazy(() => import('./screens/scan.tsx'))
const Receive = lazy(() => import('./screens/receive.tsx'))
const SignInReturn = lazy(() => import('./adding/sign-in-return.tsx'))
const Add = lazy(() => import('./adding/add.tsx'))
const AddCard = lazy(() => import('./adding/add-card.tsx'))
const Present = lazy(() => import('./screens/present.tsx'))
const Activity = lazy(() => import('./screens/activity.tsx'))
const Settings = lazy(() => import('./screens/settings.tsx'))
const More = lazy(() => import('./screens/more.tsx'))
const Points = lazy(() => import('./points/home.tsx'))
const Connect = lazy(() => import('./points/connect.tsx'))
const PointsHistory = lazy(() => import('./points/history.tsx'))
const Donate = lazy(() => import('./points/donate.tsx'))
const Pay = lazy(() => import('./points/pay.tsx'))
const Pass = lazy(() => import('./points/pass.tsx'))
const Activities = lazy(() => import('./volunteering/activities.tsx'))
const ActivityPage = lazy(() => import('./volunteering/activity-page.tsx'))
const MyActivities = lazy(() => import('./volunteering/my-activities.tsx'))
const CheckIn = lazy(() => import('./volunteering/check-in.tsx'))
const Groups = lazy(() => import('./volunteering/groups.tsx'))
const Consent = lazy(() => import('./volunteering/consent.tsx'))
const Verify = lazy(() => import('./verify/verify.tsx'))

export function App() {
  useEffect(startBackground, [])
  useEffect(startInboxLoop, [])
  return (
    <Router base="/wallet">
      <Frame />
    </Router>
  )
}

const LINKS = [
  { href: '/', name: 'cards', within: /^\/((cards|add)(\/.*)?)?$/ },
  { href: '/points', name: 'points', within: /^\/(points|pass)/ },
  { href: '/scan', name: 'scan', within: /^\/scan/ },
  { href: '/activities', name: 'activities', within: /^\/(activities|my-activities|groups|check-in)/ },
  { href: '/more', name: 'more', within: /^\/(more|activity|settings)$/ },
] as const

function Frame() {
  const { t } = useI18n()
  const online = useOnline()
  const [path] = useLocation()
  // In the middle of receiving, presenting or paying, an update can wait and must not be in the way.
  const inFlow = /^\/(scan|receive|receive\/return|add\/.+|present|pay|pass|consent)$/.test(path)
  // Nor is there anything to do beside answering a question that was asked.
  const asked = /^\/(receive|receive\/return|add\/.+|present|pay|consent)$/.test(path)
  // These say by themselves what works without a network.
  const ownsOffline = /^\/(pay|pass|points.*)$/.test(path)
  const links = LINKS.map(({ href, name, within }) => (
    <Link key={href} href={href} aria-current={within.test(path) ? 'page' : undefined}>
      <Icon name={name} />
      {t.app[name]}
    </Link>
  ))
  return (
    <AppShell
      name={
        <Link className="ui-header-name" href="/">
          {t.app.name}
        </Link>
      }
      navigation={asked ? undefined : links}
      actions={<LanguageSwitch />}
    >
      {!online && !ownsOffline && (
        <aside className="banner" aria-label={t.app.offlineTitle}>
          <Notice tone="warning" role="status">
            {t.app.offline}
          </Notice>
        </aside>
      )}
      <UpdatePrompt quiet={inFlow} />
      <LeavingBanner quiet={inFlow || path.startsWith('/points')} />
      <ArrivedCards quiet={inFlow} />
      <ErrorBoundary key={path}>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/" component={Home} />
            <Route path="/cards/:id">{({ id }) => <CardPage id={id} />}</Route>
            <Route path="/scan" component={Scan} />
            <Route path="/receive" component={Receive} />
            <Route path="/receive/return" component={SignInReturn} />
            <Route path="/add" component={Add} />
            <Route path="/add/:office/:type">
              {({ office, type }) => <AddCard key={`${office}/${type}`} office={office} type={type} />}
            </Route>
            <Route path="/present" component={Present} />
            <Route path="/activity" component={Activity} />
            <Route path="/settings" component={Settings} />
            <Route path="/more" component={More} />
            <Route path="/points" component={Points} />
            <Route path="/points/connect" component={Connect} />
            <Route path="/points/history" component={PointsHistory} />
            <Route path="/points/donate" component={Donate} />
            <Route path="/pay" component={Pay} />
            <Route path="/pass" component={Pass} />
            <Route path="/activities" component={Activities} />
            <Route path="/activities/:id">{({ id }) => <ActivityPage id={id} />}</Route>
            <Route path="/my-activities" component={MyActivities} />
            <Route path="/check-in" component={CheckIn} />
            <Route path="/groups" component={Groups} />
            <Route path="/consent" component={Consent} />
            <Route path="/verify" component={Verify} />
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </Suspense>
      </ErrorBoundary>
    </AppShell>
  )
}

function Loading() {
  const { t } = useI18n()
  return (
    <main id="main" className="ui-page ui-page-narrow">
      <Spinner>{t.app.loading}</Spinner>
    </main>
  )
}

function NotFound() {
  const { t } = useI18n()
  return (
    <Page title={t.app.notFound} lead={t.app.notFoundNext} narrow appName={t.app.name}>
      <Link className="ui-button ui-button-primary ui-button-wide" href="/">
        {t.app.home}
      </Link>
    </Page>
  )
}
