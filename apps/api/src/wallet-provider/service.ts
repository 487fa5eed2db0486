import type { WalletKey } from '../access/wallet-keys.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { thumbprintOf } from '../jose/jws.ts'
import { type Attestations, createAttestations } from './attestations.ts'
import { createInstances, type Instances } from './instances.ts'

/** The city as provider of its own wallet (HAIP 1.0 sections 4.4.1 and 4.5.1). */
export type OwnWalletProvider = Pick<Attestations, 'client' | 'keys'> &
  Pick<Instances, 'list' | 'revoke' | 'sweep'> & {
    /**
     * Says whose account this instance belongs to, so that it ends with it.
     * @param proof by the account's key
     * @throws Problem `bad_signature`, `wallet_unknown`, `wallet_instance_revoked`, `too_many_requests`
     */
    bind(instance: WalletKey, proof: string): Promise<void>
  }

export function createWalletProvider(context: Context, { audit }: { audit: Audit }): OwnWalletProvider {
  const instances = createInstances(context, { audit })
  const attestations = createAttestations(context, { instances })
  return {
    client: attestations.client,
    keys: attestations.keys,
    list: instances.list,
    revoke: instances.revoke,
    sweep: instances.sweep,
    bind: (instance, proof) =>
      instances.bind(instance.jkt, thumbprintOf(attestations.accountKey(instance, proof))),
  }
}
