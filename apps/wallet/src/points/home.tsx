import type { AccountRecord } from '@pass/holder'
import { buttonClass, EmptyState, Notice, Page, Spinner } from '@pass/ui'
import { useEffect } from 'react'
import { Link } from 'wouter'
import { openAccount } from '../account/device-ports.ts'
import { useI18n } from '../i18n.ts'
import { FailurePage, StorageNotice } from '../parts/failure-page.tsx'
import { Icon } from '../parts/icons.tsx'
import { useOnline } from '../parts/use-online.ts'
import './points.css'
import { type Balance, daysLeft, leftToSpend } from './balance.ts'
import { Leaving } from './leaving.tsx'
import { StartConnecting, Waiting } from './start-connecting.tsx'
import { useAccount, useBalance, useOpenPayments, usePoints, useRefresh } from './use-points.ts'

/** Points that end so soon are worth a word. */
const REMIND_DAYS = 60

const SOONEST_MS = 2_000
const MOVING_MS = 15_000

/** What one has, what is coming, what ends when, and what to do with it. */
export default function Points() {
  const { t } = useI18n()
  const account = useAccount()
  const balance = useBalance()
  const { failure, refreshed, again } = useRefresh(awaited(account, balance))
  if (account.state === 'failed' || balance.state === 'failed')
    return (
      <Page title={t.points.title} narrow appName={t.app.name}>
        <StorageNotice />
      </Page>
    )
  const known = account.state === 'ready' ? account.value : undefined
  // A key without an account may have one by now: asked before the person is.
  const asking = account.state === 'loading' || (known?.status === 'none' && !refreshed)
  if (asking || balance.state === 'loading')
    return (
      <Page title={t.points.title} narrow appName={t.app.name}>
        <Spinner>{t.points.loading}</Spinner>
      </Page>
    )
  if (!known || known.status === 'none' || known.status === 'closed')
    return <StartConnecting closed={known?.status === 'closed' ? (known.reason ?? 'moved') : undefined} />
  if (known.status === 'waiting') return <Waiting account={known} />
  if (!balance.value) {
    if (failure) return <FailurePage failure={failure} onAgain={again} />
    return (
      <Page title={t.points.title} narrow appName={t.app.name}>
        <Spinner>{t.points.loading}</Spinner>
      </Page>
    )
  }
  return <Open account={known} balance={balance.value} stale={failure !== undefined} />
}

/** How often to ask while points are on their way, in milliseconds. */
function awaited(
  account: ReturnType<typeof useAccount>,
  balance: ReturnType<typeof useBalance>,
): number | undefined {
  if (account.state === 'ready' && account.value?.status === 'waiting') return MOVING_MS
  if (balance.state !== 'ready' || !balance.value) return undefined
  const { pending, held, settlementSeconds } = balance.value
  const underWay = BigInt(pending) > 0n || BigInt(held) > 0n
  return underWay ? Math.max(SOONEST_MS, settlementSeconds * 500) : undefined
}

function Open({ account, balance, stale }: { account: AccountRecord; balance: Balance; stale: boolean }) {
  const { t, moment } = useI18n()
  const points = usePoints()
  const online = useOnline()
  const open = useOpenPayments()
  useEffect(() => {
    // While there is a network: for the day when there is none.
    void Promise.all([openAccount(), import('./request.ts')])
      .then(([ports, { fetchKeys }]) => fetchKeys(ports))
      .catch(() => undefined)
  }, [])
  const left = leftToSpend(balance, open.state === 'ready' ? open.value : [])
  const old = stale || !online
  const nothing = BigInt(balance.spendable) + BigInt(balance.pending) + BigInt(balance.held) === 0n
  return (
    <Page title={t.points.title} narrow appName={t.app.name}>
      <Leaving at={account.leavingAt} balance={balance} />
      <section className="ui-panel points-panel" aria-labelledby="spendable">
        <h2 id="spendable" className="panel-title">
          {t.points.spendable}
        </h2>
        <p className="points-balance">{points(left < 0n ? 0n : left)}</p>
        {BigInt(balance.pending) > 0n && <p>{t.points.pending(points(balance.pending))}</p>}
        {BigInt(balance.held) > 0n && <p className="ui-hint">{t.points.held(points(balance.held))}</p>}
        {old && <p className="ui-hint">{t.points.asOf(moment(balance.at))}</p>}
      </section>
      <div className="ui-stack">
        <Link className={buttonClass('primary', true)} href="/scan">
          <Icon name="scan" />
          {t.points.pay}
        </Link>
        <div className="points-actions">
          <Link className={buttonClass('secondary')} href="/pass">
            {t.points.pass}
          </Link>
          <Link className={buttonClass('secondary')} href="/points/donate">
            {t.points.donate}
          </Link>
          <Link className={buttonClass('secondary')} href="/points/history">
            {t.points.history}
          </Link>
        </div>
      </div>
      <OpenPayments />
      {nothing && (
        <EmptyState title={t.points.none}>
          <p>{t.points.noneNext}</p>
        </EmptyState>
      )}
      <Expiry buckets={balance.buckets} />
      {account.number && (
        <dl className="ui-list">
          <div>
            <dt>{t.points.number}</dt>
            <dd className="points-number">{spaced(account.number)}</dd>
          </div>
        </dl>
      )}
    </Page>
  )
}

/** What ends when; a word of warning for what ends soon. */
function Expiry({ buckets }: Pick<Balance, 'buckets'>) {
  const { t, day } = useI18n()
  const points = usePoints()
  const kept = buckets
    .filter(({ points }) => BigInt(points) > 0n)
    .sort((a, b) => a.expiresOn.localeCompare(b.expiresOn))
  if (kept.length === 0) return null
  const dayOf = (expiresOn: string) => day(Date.parse(`${expiresOn}T12:00:00+09:00`))
  const soon = kept.filter(({ expiresOn }) => daysLeft(expiresOn, Date.now()) <= REMIND_DAYS)
  return (
    <section className="ui-stack" aria-labelledby="expiry">
      <h2 id="expiry" className="section-title">
        {t.points.expiry}
      </h2>
      {soon.map((bucket) => (
        <Notice
          key={bucket.expiresOn}
          tone="warning"
          title={t.points.soon(points(bucket.points), dayOf(bucket.expiresOn))}
        >
          <p>{t.points.soonNext}</p>
        </Notice>
      ))}
      <dl className="ui-list">
        {kept.map((bucket) => (
          <div key={bucket.expiresOn}>
            <dt>{t.points.until(dayOf(bucket.expiresOn))}</dt>
            <dd>{points(bucket.points)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** Payments whose outcome is open: each leads back to its screen, with the same code. */
function OpenPayments() {
  const { t, local } = useI18n()
  const points = usePoints()
  const open = useOpenPayments()
  if (open.state !== 'ready' || open.value.length === 0) return null
  return (
    <Notice tone="info" title={t.points.open}>
      <ul className="points-open">
        {open.value.map((payment) => (
          <li key={payment.id}>
            <span>
              {local(payment.payee.name)} · {points(payment.amount)}
            </span>
            {payment.requestId && (
              <Link href="/pay" state={{ requestId: payment.requestId }}>
                {t.points.openLook}
              </Link>
            )}
          </li>
        ))}
      </ul>
      <p>{t.points.openNext}</p>
    </Notice>
  )
}

/** Ten digits as one reads them out. */
const spaced = (number: string) => number.replace(/^(\d{3})(\d{3})(\d{4})$/, '$1 $2 $3')
