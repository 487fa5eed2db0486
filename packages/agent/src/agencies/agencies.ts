import { sanUriOf } from '../authority/authority.ts'
import { ensureDid } from '../dids/publish.ts'
import { AgentError } from '../errors.ts'
import type { Agencies, AgencyDefinition, AgencyKey } from '../types.ts'
import { createExclusively } from './exclusively.ts'
import { createKeyLifecycle, type KeyLifecycleOptions } from './key-lifecycle.ts'
import { isComplete, keyOfRow, keysOf } from './signing-keys.ts'

/** How long activeKey answers from memory. Far below the overlap of a rotation that another process makes. */
const REMEMBERED_MS = 2000
/** What the old key signed a moment before a planned rotation still waits for its anchor. */
const OVERLAP_SECONDS = 600

/** The agencies of the city. The database says what should be; `ensure` brings chain and certificates to it. */
export function createAgencies(options: KeyLifecycleOptions): Agencies {
  const { db, veramo, network, registrar, clock } = options
  const exclusively = createExclusively(db)
  const keys = createKeyLifecycle(options)
  const active = new Map<string, { key: AgencyKey; until: number }>()

  async function converge(
    definition: AgencyDefinition,
    overlapSeconds = OVERLAP_SECONDS,
  ): Promise<AgencyKey> {
    const { id, name, types } = definition
    const { provider, chainId } = network
    const did = await ensureDid({ veramo, provider, chainId }, `agency/${id}`)
    const row = { nameKo: name.ko, nameEn: name.en, did }
    const create = { id, ...row, types }
    const agency = await db.prisma.agency.upsert({ where: { id }, create, update: row })
    await registrar.register(did)
    await registrar.accredit(did, types, agency.types)
    // Only now: until the chain has dropped the former types, they must be remembered.
    await db.prisma.agency.update({ where: { id }, data: { types } })
    await registrar.setSuspended(did, agency.suspendedAt !== null)
    const key = await keys.converge({ ...definition, did }, overlapSeconds)
    active.delete(id)
    return key
  }

  async function agencyRow(id: string) {
    const row = await db.prisma.agency.findUnique({ where: { id } })
    if (!row) throw new AgentError('unknown_agency', `There is no agency ${id}.`)
    return row
  }

  /** What the agency was last ensured as; its address stands in its certificate. */
  async function definitionOf(id: string): Promise<AgencyDefinition> {
    const { nameKo, nameEn, types } = await agencyRow(id)
    const certificate = (await keysOf(db, id)).findLast(({ x5c }) => x5c.length > 0)?.x5c[0]
    if (!certificate) {
      throw new AgentError('unknown_agency', `The agency ${id} was never completed: ensure it first.`)
    }
    return { id, name: { ko: nameKo, en: nameEn }, types, issuerUrl: sanUriOf(certificate) }
  }

  async function setSuspended(id: string, suspendedAt: Date | null): Promise<void> {
    const { did } = await agencyRow(id)
    await db.prisma.agency.update({ where: { id }, data: { suspendedAt } })
    await registrar.setSuspended(did, suspendedAt !== null)
  }

  return {
    ensure: (definition) => exclusively(() => converge(definition)),

    rotateKey: (id, { leaked = false, overlapSeconds } = {}) =>
      exclusively(async () => {
        const definition = await definitionOf(id)
        // After a leak better no key for a moment than that one.
        active.delete(id)
        await (leaked ? keys.condemn(id) : keys.create(id))
        return converge(definition, overlapSeconds)
      }),

    async activeKey(id) {
      const known = active.get(id)
      if (known && known.until > clock().getTime()) return known.key
      const key = (await keysOf(db, id)).findLast((one) => one.validUntil === null && isComplete(one))
      if (!key) throw new AgentError('unknown_agency', `The agency ${id} has no key to sign with.`)
      active.set(id, { key, until: clock().getTime() + REMEMBERED_MS })
      return key
    },

    async keyById(id) {
      const row = await db.prisma.signingKey.findUnique({ where: { id } })
      return row ? keyOfRow(row) : undefined
    },

    suspend: (id) => exclusively(() => setSuspended(id, clock())),
    reinstate: (id) => exclusively(() => setSuspended(id, null)),
  }
}
