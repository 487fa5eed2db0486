import { join } from 'node:path'
import {
  anchoring as anchoringWay,
  createBell,
  enqueue,
  enqueueAnchors,
  type Lane,
  type Projection,
} from '@pass/relay'
import type { Express } from 'express'
import { createAccess } from './access/access.ts'
import { createApiKeys } from './access/api-keys.ts'
import { createSessions } from './access/sessions.ts'
import { createWalletKeys } from './access/wallet-keys.ts'
import { agencyRoutes } from './agencies/routes.ts'
import { createAgencyOffice } from './agencies/service.ts'
import { anchoringRoutes } from './anchoring/routes.ts'
import { createAnchoring } from './anchoring/service.ts'
import { auditRoutes } from './audit/routes.ts'
import { createAudit } from './audit/service.ts'
import { createAuthorization } from './authorization/service.ts'
import { catalogueRoutes } from './catalogue/routes.ts'
import { createCatalogue } from './catalogue/service.ts'
import type { Context } from './context.ts'
import { credentialRoutes } from './credentials/routes.ts'
import { createCredentials } from './credentials/service.ts'
import { docsRoutes } from './docs/routes.ts'
import { createMetrics } from './health/metrics.ts'
import { createReaderWatch } from './health/reader-watch.ts'
import { healthRoutes } from './health/routes.ts'
import { createHealth } from './health/service.ts'
import { createExpressApp } from './http/express-app.ts'
import { createOffers } from './issuance/offers.ts'
import { issuanceRoutes } from './issuance/routes.ts'
import { createIssuance } from './issuance/service.ts'
import { mileageRoutes } from './mileage/routes.ts'
import { createMileage } from './mileage/service.ts'
import { createCounter } from './payments/counter.ts'
import { registerRoutes } from './register/routes.ts'
import { createRegister } from './register/service.ts'
import { createIdentities } from './sign-in/identities.ts'
import { createSignIn } from './sign-in/service.ts'
import { accountRoutes } from './staff/account-routes.ts'
import { createAccounts } from './staff/accounts.ts'
import { staffRoutes } from './staff/routes.ts'
import { createStaff } from './staff/service.ts'
import { statusRoutes } from './status/routes.ts'
import { createStatus } from './status/service.ts'
import { trustRoutes } from './trust/routes.ts'
import { createTrust } from './trust/service.ts'
import { verificationRoutes } from './verification/routes.ts'
import { createVerification } from './verification/service.ts'
import { volunteeringRoutes } from './volunteering/routes.ts'
import { createVolunteering } from './volunteering/service.ts'
import { walletProviderRoutes } from './wallet-provider/routes.ts'
import { createWalletProvider } from './wallet-provider/service.ts'
import { createWalletTrust } from './wallet-trust/service.ts'
import { walletRoutes } from './wallets/routes.ts'
import { createWallets } from './wallets/service.ts'

const APPS = join(import.meta.dirname, '..', '..')
const SWEEP_MS = 10 * 60 * 1000

export type PassApp = ReturnType<typeof createApp>
/** What start-up and tests call without HTTP. */
export type Services = PassApp['services']

/** Composes the capabilities into one Express app. Nothing listens, and nothing runs beside requests, until told. */
export function createApp(context: Context) {
  const { config, log } = context
  const audit = createAudit(context)
  const apiKeys = createApiKeys(context)
  const sessions = createSessions(context)
  const walletKeys = createWalletKeys(context)
  const access = createAccess({ apiKeys, sessions, wallets: walletKeys, publicUrl: config.publicUrl })
  const staff = createStaff(context, { sessions, audit })
  const accounts = createAccounts(context, { staff, apiKeys, audit })

  const catalogue = createCatalogue(context)
  const trust = createTrust(context)
  const identities = createIdentities(context)
  const register = createRegister(context, { audit, identities })
  const agencies = createAgencyOffice(context, { audit })

  const walletProvider = createWalletProvider(context, { audit })
  const walletTrust = createWalletTrust(context)

  const status = createStatus(context, { enqueue })
  const offers = createOffers(context, { audit })
  const signIn = createSignIn(context, { identities })
  const authorization = createAuthorization(context, { offers, signIn, walletTrust })
  const issuance = createIssuance(context, {
    offers,
    authorization,
    walletTrust,
    status,
    audit,
    enqueueAnchors: (sql, hashes) => enqueueAnchors(sql, hashes, config.anchorBatchAgeMs),
  })
  const credentials = createCredentials(context, { status, audit })
  const anchoring = createAnchoring(context)
  const verification = createVerification(context, { status, anchoring })
  const wallets = createWallets(context, { audit, offers: issuance.offers, verification })

  // To the chain and back, in this order; whoever has made something that waits rings the bell.
  const bell = createBell()
  const anchors = anchoringWay({
    db: context.db,
    chain: context.chain,
    batchSize: config.anchorBatchSize,
    batchAgeMs: config.anchorBatchAgeMs,
  })
  const mileage = createMileage(context, {
    audit,
    accountByNumber: wallets.accountByNumber,
    accountByPass: wallets.accountByPass,
    ring: bell.ring,
  })
  const counter = createCounter(context, {
    audit,
    accounts,
    walletKeys,
    accountByPass: wallets.accountByPass,
    ring: bell.ring,
  })
  const volunteering = createVolunteering(context, {
    audit,
    accounts,
    awards: mileage,
    offers: issuance.offers,
    credentials,
    wallets,
    ring: bell.ring,
  })
  const lanes: Lane[] = [anchors.lane, ...mileage.lanes]
  const projections: Projection[] = [anchors.projection, ...mileage.projections]

  const readerState = createReaderWatch(context)
  const health = createHealth(context, readerState)
  const metrics = createMetrics({ db: context.db, readerState })

  const described = [
    ...authorization.routes,
    ...issuanceRoutes(issuance),
    ...credentialRoutes(credentials),
    ...verificationRoutes(verification),
    ...walletRoutes(wallets),
    ...walletProviderRoutes(walletProvider),
    ...volunteeringRoutes(volunteering),
    ...mileageRoutes(mileage),
    ...counter.routes,
    ...statusRoutes(status),
    ...anchoringRoutes(anchoring),
    ...trustRoutes(trust),
    ...catalogueRoutes(catalogue),
    ...registerRoutes(register),
    ...agencyRoutes(agencies),
    ...staffRoutes(staff, config.publicUrl),
    ...accountRoutes(accounts),
    ...auditRoutes(audit),
    ...healthRoutes(health, metrics),
  ]
  const app: Express = createExpressApp({
    config,
    log,
    access,
    routes: [...described, ...docsRoutes(described, config.publicUrl)],
    mounted: { '/oauth': authorization.handler },
    observe: metrics.observe,
    webApps: { '/wallet': join(APPS, 'wallet', 'dist'), '/console': join(APPS, 'console', 'dist') },
  })

  /** What goes on beside requests. */
  const background = [
    status,
    issuance,
    verification,
    wallets,
    counter,
    createSweeper([
      sessions.sweep,
      register.sweep,
      volunteering.sweep,
      walletProvider.sweep,
      authorization.sweep,
    ]),
  ]
  return {
    app,
    services: {
      apiKeys,
      staff,
      audit,
      catalogue,
      register,
      agencies,
      status,
      issuance,
      credentials,
      anchoring,
      verification,
      wallets,
      mileage,
      counter,
      volunteering,
    },
    lanes,
    projections,
    bell,
    start: (): void => {
      for (const { start } of background) start()
    },
    /** Waits for what is under way. */
    stop: async (): Promise<void> => {
      await Promise.all(background.map(({ stop }) => stop()))
    },
  }
}

/** Removes what has run out, every ten minutes. A sweep that fails is made up for by the next. */
function createSweeper(sweeps: (() => Promise<void>)[]) {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()
  return {
    start: () => {
      timer ??= setInterval(() => {
        running = Promise.allSettled(sweeps.map((sweep) => sweep()))
      }, SWEEP_MS)
      timer.unref()
    },
    stop: async () => {
      clearInterval(timer)
      timer = undefined
      await running
    },
  }
}
