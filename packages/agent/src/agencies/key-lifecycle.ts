import type { Database } from '@pass/database'
import type { CityAuthority } from '../authority/authority.ts'
import { publishKey, withdrawKey } from '../dids/publish.ts'
import type { DidNetwork } from '../dids/veramo.ts'
import { AgentError } from '../errors.ts'
import type { CityKeyManagementSystem } from '../keys/kms.ts'
import type { AgencyDefinition, AgencyKey, VeramoAgent } from '../types.ts'
import type { Registrar } from './registrar.ts'
import { createSigningKey, keyOfRow, keysOf } from './signing-keys.ts'

export type KeyLifecycleOptions = {
  db: Database
  kms: CityKeyManagementSystem
  veramo: VeramoAgent
  network: DidNetwork
  authority: CityAuthority
  registrar: Registrar
  clock: () => Date
}

type KeyOwner = Pick<AgencyDefinition, 'id' | 'name' | 'issuerUrl'> & { did: string }

export type KeyLifecycle = {
  /** A further key, which `converge` makes the one that signs. */
  create(agencyId: string): Promise<void>
  /** Ends every key that still counts, for good: they leaked. `converge` carries it to the chain. */
  condemn(agencyId: string): Promise<void>
  /**
   * Brings chain and certificates to what the database says of an agency's keys. The newest open key signs;
   * further open ones are what a rotation leaves, and end after the overlap.
   */
  converge(owner: KeyOwner, overlapSeconds: number): Promise<AgencyKey>
}

export function createKeyLifecycle(options: KeyLifecycleOptions): KeyLifecycle {
  const { db, kms, veramo, network, authority, registrar, clock } = options
  const dids = { veramo, provider: network.provider, chainId: network.chainId }
  const create = (agencyId: string) => createSigningKey({ db, kms, veramo, clock }, agencyId)
  const after = (seconds: number) => new Date(clock().getTime() + seconds * 1000)

  /** Published, accredited, certified: each only where it is not so already. */
  async function complete(key: AgencyKey, { did, name, issuerUrl }: KeyOwner): Promise<AgencyKey> {
    const didUrl = await publishKey(dids, { ...key, did })
    await registrar.addKey(did, key)
    const subject = { commonName: name.ko, organization: name.en, sanUri: issuerUrl }
    const x5c = await authority.renewed(key.x5c, { publicJwk: key.publicJwk, ...subject })
    return keyOfRow(await db.prisma.signingKey.update({ where: { id: key.id }, data: { didUrl, x5c } }))
  }

  /** In the database first: what it says is done again on the chain by the next `ensure`. */
  async function end(key: AgencyKey, did: string, until: Date): Promise<void> {
    await db.prisma.signingKey.update({ where: { id: key.id }, data: { validUntil: until } })
    await registrar.endKey(did, key, until)
  }

  async function keepEnded(key: AgencyKey, did: string, until: Date, overlapSeconds: number): Promise<void> {
    if (key.didUrl === '') {
      await registrar.endKey(did, key, until)
      await withdrawKey(dids, { ...key, did })
      return
    }
    // In the order of their making, since a key's DID URL is its number in that order.
    await publishKey(dids, { ...key, did })
    if (await registrar.knowsKey(did, key)) await registrar.endKey(did, key, until)
    // A chain restored from long before: what the key signed is anchored again, and must count then.
    else await registrar.addKey(did, key, after(overlapSeconds))
  }

  return {
    create: async (agencyId) => void (await create(agencyId)),

    async condemn(agencyId) {
      const now = clock()
      await db.prisma.signingKey.updateMany({
        where: { agencyId, OR: [{ validUntil: null }, { validUntil: { gt: now } }] },
        // Without a DID URL: it is to leave the DID document.
        data: { validUntil: now, didUrl: '' },
      })
    },

    async converge(owner, overlapSeconds) {
      const keys = await keysOf(db, owner.id)
      if (!keys.some(({ validUntil }) => validUntil === null)) keys.push(await create(owner.id))
      const open: AgencyKey[] = []
      for (const key of keys) {
        if (key.validUntil) await keepEnded(key, owner.did, key.validUntil, overlapSeconds)
        else open.push(await complete(key, owner))
      }
      const newest = open.pop()
      if (!newest) throw new AgentError('unknown_agency', `The agency ${owner.id} has no key.`)
      for (const key of open) await end(key, owner.did, after(overlapSeconds))
      return newest
    },
  }
}
