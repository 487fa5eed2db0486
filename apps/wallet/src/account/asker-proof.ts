import type { PresentOptions, RequestPreview } from '@pass/holder'
import { dpopProof } from '@pass/holder/wallet-key'
import { ApiError } from './api-error.ts'
import type { AccountPorts } from './ports.ts'

/**
 * Whether only the wallet that asked may answer, and this one did not ask: the request came from the scanner, a link or
 * another app. Whoever answers it gives that other wallet their points.
 *
 * @param then the screen of this wallet that asked, and goes on with the answer
 */
export function isAskedElsewhere({ request }: RequestPreview, then: string | undefined): boolean {
  return request.proofOf !== undefined && then === undefined
}

/**
 * The proof that this wallet has asked what it answers. Nobody but its own city gets one, and only for a request that a
 * screen of this wallet began: anywhere else it would tell who the citizen is.
 */
export function askerProof(open: () => Promise<AccountPorts>, then: string | undefined): PresentOptions {
  if (then === undefined) return {}
  return {
    proof: async (method, url) => {
      const { keys, store, clock, origin } = await open()
      const account = await store.get('account', 'mine')
      if (!account) throw new ApiError('wallet_unknown', 'this device has no key of points')
      if (new URL(url).origin !== origin) throw new TypeError('a proof is for this city alone')
      return dpopProof({ keys, key: account.key, now: await clock.now() }, { method, url })
    },
  }
}
