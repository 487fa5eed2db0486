import type { WalletKeys } from '../access/wallet-keys.ts'
import { Problem } from '../http/problem.ts'

/** For tests of capabilities that no wallet's key opens. */
export const noWallets: WalletKeys = {
  prove: () => {
    throw new Problem('unauthenticated', 'No wallets here.')
  },
  account: async () => {
    throw new Problem('unauthenticated', 'No wallets here.')
  },
}
