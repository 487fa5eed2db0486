import type { WalletKeys } from '../access/wallet-keys.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import type { Route } from '../http/route.ts'
import { createSandbox } from '../local-currency/sandbox.ts'
import { createTransfers } from '../local-currency/worker.ts'
import { merchantRoutes } from '../merchants/routes.ts'
import { createMerchants, type Merchants } from '../merchants/service.ts'
import { createMerchantStaff } from '../merchants/staff.ts'
import { freezeOnChain } from '../merchants/standing.ts'
import { settlementRoutes } from '../settlements/routes.ts'
import { createSettlements, type Settlements } from '../settlements/service.ts'
import type { Accounts } from '../staff/accounts.ts'
import { createPaymentWorker } from './background.ts'
import { counterRoutes } from './counter-routes.ts'
import { paymentRoutes } from './routes.ts'
import { createPayments, type Payments } from './service.ts'

export type Counter = {
  merchants: Merchants
  payments: Payments
  settlements: Settlements
  routes: Route[]
  start(): void
  stop(): Promise<void>
}

export type CounterDeps = {
  audit: Audit
  accounts: Pick<Accounts, 'addStaff' | 'disableStaff'>
  walletKeys: WalletKeys
  /** The citizen whose pass was scanned. @throws Problem for one that counts no longer */
  accountByPass(pass: string): Promise<{ id: string }>
  /** Tells whoever sends to the chain that a payment waits. */
  ring: () => void
}

/** Everything around paying with points: payees, payments and refunds, statements, the local currency. */
export function createCounter(context: Context, deps: CounterDeps): Counter {
  const { db, log } = context
  const { audit, accounts, walletKeys } = deps
  const merchants = createMerchants(context, { accounts, audit })
  const payments = createPayments(context, deps)
  const settlements = createSettlements(context, { audit })
  const sendTransfers = createTransfers(context, { currency: createSandbox(db), refunds: payments.refunds })
  return {
    merchants,
    payments,
    settlements,
    routes: [
      ...merchantRoutes(merchants, createMerchantStaff(context, { accounts })),
      ...paymentRoutes(payments, walletKeys),
      ...counterRoutes(payments),
      ...settlementRoutes(settlements),
    ],
    ...createPaymentWorker(
      { log },
      {
        often: [payments.refunds.forward, () => freezeOnChain(db), sendTransfers],
        hourly: [() => settlements.closeDue('system')],
      },
    ),
  }
}
