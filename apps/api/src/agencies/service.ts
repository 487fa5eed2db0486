import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { safeError } from '../http/failure.ts'
import { Problem } from '../http/problem.ts'
import type { accreditBodySchema, agencyKeySchema, agencySchema } from './schema.ts'

type AgencyView = z.output<typeof agencySchema>

export type AgencyOffice = {
  list(): Promise<AgencyView[]>
  /** Accredits a new agency, or brings an existing one to the definition. */
  accredit(principal: Principal, definition: z.output<typeof accreditBodySchema>): Promise<AgencyView>
  rotateKey(
    principal: Principal,
    agencyId: string,
    leaked: boolean,
  ): Promise<z.output<typeof agencyKeySchema>>
  suspend(principal: Principal, agencyId: string): Promise<AgencyView>
  reinstate(principal: Principal, agencyId: string): Promise<AgencyView>
}

/** Codes of @pass/agent and @pass/chain for an act that the chain did not take. */
const CHAIN_FAILURES = new Set([
  'chain_unavailable',
  'chain_refused',
  'key_not_published',
  'reverted',
  'transaction_refused',
  'not_mined',
  'wrong_chain',
])

/** The operator's desk: who may issue what. Each act reaches the chain before it is answered. */
export function createAgencyOffice(
  { db, agent, city, config, log }: Pick<Context, 'db' | 'agent' | 'city' | 'config' | 'log'>,
  { audit }: { audit: Audit },
): AgencyOffice {
  const view = (row: {
    id: string
    nameKo: string
    nameEn: string
    did: string
    types: string[]
    suspendedAt: Date | null
  }) => ({
    id: row.id,
    name: { ko: row.nameKo, en: row.nameEn },
    did: row.did,
    issuer: `${config.publicUrl}/issuers/${row.id}`,
    types: row.types,
    suspended: row.suspendedAt !== null,
  })
  const find = async (id: string): Promise<AgencyView> => {
    const row = await db.prisma.agency.findUnique({ where: { id } })
    if (!row) throw new Problem('unknown_agency', `There is no agency "${id}".`)
    return view(row)
  }
  /** An act that the chain must witness either happens there too, or is refused and changes nothing here. */
  const onChain = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (error) {
      if (error instanceof Problem) throw error
      const { code } = Object(error) as { code?: unknown }
      if (code === 'unknown_agency') throw new Problem('unknown_agency', 'There is no such agency.')
      if (code === 'reserved_name') throw new Problem('conflict', 'This id is taken by the city itself.')
      if (!CHAIN_FAILURES.has(String(code))) throw error
      log.error({ error: safeError(error) }, 'an act on the chain failed')
      throw new Problem(
        'chain_unavailable',
        'The city’s chain did not take this. Nothing is lost: try again.',
      )
    }
  }

  return {
    list: async () =>
      (await db.prisma.agency.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map(view),

    accredit: async (principal, { id, name, types }) => {
      const unknown = types.find((type) => !city.types.has(type))
      if (unknown !== undefined)
        throw new Problem('unknown_type', `There is no credential type "${unknown}".`)
      const issuerUrl = `${config.publicUrl}/issuers/${id}`
      await onChain(() => agent.agencies.ensure({ id, name, types: [...new Set(types)], issuerUrl }))
      await audit.record(principal.actor, 'agency.accredit', id, { types })
      return find(id)
    },

    rotateKey: async (principal, agencyId, leaked) => {
      await find(agencyId)
      const key = await onChain(() => agent.agencies.rotateKey(agencyId, { leaked }))
      await audit.record(principal.actor, 'agency.rotate-key', agencyId, { keyId: key.id, leaked })
      return { id: key.id, didUrl: key.didUrl, validFrom: key.validFrom.toISOString() }
    },

    suspend: async (principal, agencyId) => {
      await find(agencyId)
      await onChain(() => agent.agencies.suspend(agencyId))
      await audit.record(principal.actor, 'agency.suspend', agencyId)
      return find(agencyId)
    },

    reinstate: async (principal, agencyId) => {
      await find(agencyId)
      await onChain(() => agent.agencies.reinstate(agencyId))
      await audit.record(principal.actor, 'agency.reinstate', agencyId)
      return find(agencyId)
    },
  }
}
