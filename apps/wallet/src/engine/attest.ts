import type { AttestPort, ClientAttestation, HeldKey, InstanceRecord } from '@pass/holder'
import { keyProof } from '@pass/holder/wallet-key'
import { calculateJwkThumbprint } from 'jose'
import type { AccountPorts } from '../account/ports.ts'
import { walletFetch } from '../account/wallet-fetch.ts'

const ID = 'mine'
/** A statement with less than this left is not begun with: an issuance takes several requests. */
const SPARE_MS = 5 * 60_000

type AttestationAnswer = { attestation: string; clientId: string; expiresAt: string }

/**
 * The city as the provider of this wallet: it vouches for the wallet before issuers (HAIP 1.0 section 4.4.1) and for the
 * keys that cards are bound to (4.5.1). It knows this copy of the wallet by a key of its own; each authorization server
 * sees another key, so that two of them cannot tell that they serve the same person.
 *
 * A copy that the city has blocked gets an `ApiError` `wallet_instance_revoked`.
 */
export function createAttest(ports: AccountPorts): AttestPort {
  return {
    client: (server) =>
      ports.alone(async () => {
        const instance = await instanceOf(ports)
        const known = instance.clients[server]
        if (known && known.expiresAt - (await ports.clock.now()) > SPARE_MS) return known
        if (known) return vouch(ports, instance, server, known.key)
        const key = await ports.keys.generate()
        return vouch(ports, instance, server, key).catch(async (error) => {
          await ports.keys.remove(key.id)
          throw error
        })
      }),

    async keys(keys, nonce) {
      const { key } = await ports.alone(() => instanceOf(ports))
      const proofs = await Promise.all(keys.map((one) => proofOf(ports, 'pass-holder-key+jwt', one, key)))
      const { keyAttestation } = await walletFetch<{ keyAttestation: string }>(
        ports,
        '/api/wallet-provider/key-attestations',
        {
          method: 'POST',
          key,
          body: { proofs, ...(nonce === undefined ? {} : { nonce }) },
        },
      )
      return keyAttestation
    },
  }
}

/**
 * Tells the provider which account this wallet belongs to, so that a lost phone can be blocked by its account number.
 * Once for each pair of keys; nothing while there is only one of them.
 *
 * @throws ApiError
 */
export async function bindInstance(ports: AccountPorts): Promise<void> {
  const [instance, account] = await Promise.all([
    ports.store.get('instance', ID),
    ports.store.get('account', 'mine'),
  ])
  if (!instance || account?.status !== 'open' || instance.accountKey === account.key.id) return
  const proof = await proofOf(ports, 'pass-account-key+jwt', account.key, instance.key)
  await walletFetch(ports, '/api/wallet-provider/instances/account', {
    method: 'POST',
    key: instance.key,
    body: { proof },
  })
  await ports.alone(async () => {
    const now = await instanceOf(ports)
    if (now.key.id !== instance.key.id) return
    await ports.store.put('instance', ID, { ...now, accountKey: account.key.id })
  })
}

async function instanceOf({ store, keys }: AccountPorts): Promise<InstanceRecord> {
  const known = await store.get('instance', ID)
  if (known) return known
  const made: InstanceRecord = { key: await keys.generate(), clients: {} }
  await store.put('instance', ID, made)
  return made
}

/** Kept with its key, which stays: what a server has given out is bound to it. */
async function vouch(
  ports: AccountPorts,
  instance: InstanceRecord,
  server: string,
  key: HeldKey,
): Promise<ClientAttestation> {
  const answer = await walletFetch<AttestationAnswer>(ports, '/api/wallet-provider/attestations', {
    method: 'POST',
    key: instance.key,
    body: { proof: await proofOf(ports, 'pass-client-key+jwt', key, instance.key) },
  })
  const { attestation, clientId } = answer
  const client = { attestation, clientId, key, expiresAt: Date.parse(answer.expiresAt) }
  await ports.store.put('instance', ID, {
    ...instance,
    clients: { ...instance.clients, [server]: client },
  })
  return client
}

async function proofOf(ports: AccountPorts, typ: string, key: HeldKey, instance: HeldKey): Promise<string> {
  return keyProof(
    { keys: ports.keys, key, now: await ports.clock.now() },
    {
      typ,
      aud: `${ports.origin}/wallet-provider`,
      jkt: await calculateJwkThumbprint(instance.publicJwk),
    },
  )
}
