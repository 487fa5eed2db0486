import type { z } from 'zod'
import type { ApiKeys } from '../access/api-keys.ts'
import type { Principal, Role } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type {
  AccountBody,
  apiKeyListSchema,
  createdApiKeySchema,
  createdStaffSchema,
  staffListSchema,
} from './account-schema.ts'
import type { Staff } from './service.ts'

export type Accounts = {
  staff(): Promise<z.output<typeof staffListSchema>>
  /**
   * Makes a member of staff with a link that enrols a passkey; for one who is there already, another link.
   * @throws Problem `unknown_agency`, `not_found` for no such verifier, `conflict` when the name is taken elsewhere
   */
  addStaff(principal: Principal, account: AccountBody): Promise<z.output<typeof createdStaffSchema>>
  /** Ends sessions and links with it. @throws Problem `not_found` */
  disableStaff(principal: Principal, id: string): Promise<void>
  /** Keys that count. */
  apiKeys(): Promise<z.output<typeof apiKeyListSchema>>
  /** @throws Problem `unknown_agency`, `not_found` for no such verifier */
  addApiKey(principal: Principal, account: AccountBody): Promise<z.output<typeof createdApiKeySchema>>
  /** @throws Problem `not_found` */
  revokeApiKey(principal: Principal, id: string): Promise<void>
}

type Row = {
  id: string
  name: string
  role: string
  agencyId: string | null
  verifierId: string | null
  createdAt: Date
}

/** Who may act for an agency or a verifier: the operator lets people and machines in, and out again. */
export function createAccounts(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { staff, apiKeys, audit }: { staff: Staff; apiKeys: ApiKeys; audit: Audit },
): Accounts {
  const view = ({ id, name, role, agencyId, verifierId, createdAt }: Row) => ({
    id,
    name,
    role: role as Role,
    agency: agencyId,
    verifier: verifierId,
    createdAt: createdAt.toISOString(),
  })
  const definitionOf = async ({ name, role, agency: agencyId, verifier: verifierId }: AccountBody) => {
    if (agencyId !== undefined && !(await db.prisma.agency.findUnique({ where: { id: agencyId } })))
      throw new Problem('unknown_agency', `There is no agency "${agencyId}".`)
    if (verifierId !== undefined && !(await db.prisma.verifier.findUnique({ where: { id: verifierId } })))
      throw new Problem('not_found', `There is no verifier "${verifierId}".`)
    return {
      name,
      role,
      ...(agencyId === undefined ? {} : { agencyId }),
      ...(verifierId === undefined ? {} : { verifierId }),
    }
  }
  const placeOf = ({ role, agency, verifier }: AccountBody) => ({
    role,
    agency: agency ?? null,
    verifier: verifier ?? null,
  })

  return {
    staff: async () =>
      (await db.prisma.staff.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map((row) => ({
        ...view(row),
        disabled: row.disabledAt !== null,
      })),

    addStaff: async ({ actor }, account) => {
      const definition = await definitionOf(account)
      const { name, role } = definition
      const { agency, verifier } = placeOf(account)
      const known = await db.prisma.staff.findUnique({ where: { name_role: { name, role } } })
      if (known && (known.agencyId !== agency || known.verifierId !== verifier || known.disabledAt))
        throw new Problem('conflict', 'That name is taken in this role: add something that tells them apart.')
      const { id } = await staff.ensureStaff(definition)
      const { url: link, expiresAt } = await staff.createEnrolmentLink(id)
      await audit.record(actor, known ? 'staff.invite' : 'staff.add', id, placeOf(account))
      return { id, link, expiresAt: expiresAt.toISOString() }
    },

    disableStaff: async ({ actor }, id) => {
      await db.transaction(async (sql) => {
        const [row] = await sql`
          UPDATE "Staff" SET "disabledAt" = COALESCE("disabledAt", ${clock()}) WHERE "id" = ${id}::uuid RETURNING "id"`
        if (!row) throw new Problem('not_found', 'There is no such member of staff.')
        await sql`DELETE FROM "StaffSession" WHERE "staffId" = ${id}::uuid`
        await audit.recordIn(sql, { actor, action: 'staff.disable', target: id })
      })
    },

    apiKeys: async () =>
      (
        await db.prisma.apiKey.findMany({
          where: { revokedAt: null },
          orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        })
      ).map(view),

    addApiKey: async ({ actor }, account) => {
      const created = await apiKeys.create(await definitionOf(account))
      await audit.record(actor, 'api-key.add', created.id, placeOf(account))
      return created
    },

    revokeApiKey: async ({ actor }, id) => {
      if (!(await db.prisma.apiKey.findUnique({ where: { id } })))
        throw new Problem('not_found', 'There is no such key.')
      await apiKeys.revoke(id)
      await audit.record(actor, 'api-key.revoke', id)
    },
  }
}
