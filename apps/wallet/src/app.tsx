import { AppShell, LanguageSwitch, Notice, Page, Spinner } from '@pass/ui'
import { lazy, Suspense, useEffect } from 'react'
import { Link, Route, Router, Switch, useLocation } from 'wouter'
import { startReceiptsLoop } from './engine/receipts-loop.ts'
import { useI18n } from './i18n.ts'
import { ErrorBoundary } from './parts/error-boundary.tsx'
import { Icon } from './parts/icons.tsx'
import { useOnline } from './parts/use-online.ts'
import { CardPage } from './screens/card.tsx'
import { Home } from './screens/home.tsx'
import { UpdatePrompt } from './update-prompt.tsx'

const Scan = lazy(() => import('./screens/scan.tsx'))
const Receive = lazy(() => import('./screens/receive.tsx'))
const Present = lazy(() => import('./screens/present.tsx'))
const Activity = lazy(() => import('./screens/activity.tsx'))
const Settings = lazy(() => import('./screens/settings.tsx'))

export function App() {
  useEffect(startReceiptsLoop, [])
  return (
    <Router base="/wallet">
      <Frame />
    </Router>
  )
}

const LINKS = [
  { href: '/', name: 'cards' },
  { href: '/scan', name: 'scan' },
  { href: '/activity', name: 'activity' },
  { href: '/settings', name: 'settings' },
] as const

function Frame() {
  const { t } = useI18n()
  const online = useOnline()
  const [path] = useLocation()
  // In the middle of receiving or presenting, an update can wait and must not be in the way.
  const inFlow = /^\/(scan|receive|present)/.test(path)
  // Nor is there anything to do beside answering a question that was asked.
  const asked = /^\/(receive|present)/.test(path)
  const links = LINKS.map(({ href, name }) => (
    <Link key={href} href={href} aria-current={path === href ? 'page' : undefined}>
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
      {!online && (
        <aside className="banner">
          <Notice tone="warning" role="status">
            {t.app.offline}
          </Notice>
        </aside>
      )}
      <UpdatePrompt quiet={inFlow} />
      <ErrorBoundary key={path}>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/" component={Home} />
            <Route path="/cards/:id">{({ id }) => <CardPage id={id} />}</Route>
            <Route path="/scan" component={Scan} />
            <Route path="/receive" component={Receive} />
            <Route path="/present" component={Present} />
            <Route path="/activity" component={Activity} />
            <Route path="/settings" component={Settings} />
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
