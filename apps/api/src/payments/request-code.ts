import type { PublicJwk } from '@pass/agent'
import { signJws } from '@pass/credentials'
import { PAYMENT_REQUEST_TYPE } from '@pass/holder/payment-request'
import type { Context } from '../context.ts'
import { thumbprintOf } from '../jose/jws.ts'

export type RequestCode = {
  /** Text of the QR code that a merchant shows: the city vouches for name and amount. */
  of(request: {
    id: string
    payee: { id: number; name: { ko: string; en: string } }
    amount: bigint
    expiresAt: Date
  }): Promise<string>
  /** What wallets keep, to read such a code without a network. */
  keys(): Promise<{ keys: (PublicJwk & { kid: string; alg: 'ES256'; use: 'sig' })[] }>
}

export function createRequestCode({ agent, config }: Pick<Context, 'agent' | 'config'>): RequestCode {
  return {
    of: async ({ id, payee, amount, expiresAt }) => {
      const { keyRef, publicJwk } = await agent.authority.signingKey()
      const header = { typ: PAYMENT_REQUEST_TYPE, kid: thumbprintOf(publicJwk) }
      const exp = Math.floor(expiresAt.getTime() / 1000)
      const payload = { id, payee: payee.id, name: payee.name, amount: String(amount), exp }
      // In the fragment: no server on the way learns who asks for how much.
      return `${config.publicUrl}/wallet/pay#${await signJws(header, payload, agent.signer(keyRef))}`
    },
    keys: async () => {
      const { publicJwk } = await agent.authority.signingKey()
      return { keys: [{ ...publicJwk, kid: thumbprintOf(publicJwk), alg: 'ES256', use: 'sig' }] }
    },
  }
}
