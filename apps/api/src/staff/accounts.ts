import type { z } from 'zod'
import type { ApiKeys } from '../access/api-keys.ts'
import { type Place, type Principal, placeOf, type Role, samePlace } from '../access/principal.ts'
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

type Row = Place & { id: string; name: string; role: string; createdAt: Date }

/** Who may act for an agency or a verifier: the operator lets people and machines in, and out again. */
export function createAccounts(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { staff, apiKeys, audit }: { staff: Staff; apiKeys: ApiKeys; audit: Audit },
): Accounts {
  const view = ({ id, name, role, createdAt, ...row }: Row) => ({
    id,
    name,
    role: role as Role,
    ...namesOf(row),
    createdAt: createdAt.toISOString(),
  })
  const definitionOf = async ({ name, role, ...place }: AccountBody) => {
    const { agency, verifier, organisation, payee, programme } = place
    const { prisma } = db
    if (agency !== undefined && !(await prisma.agency.findUnique({ where: { id: agency } })))
      throw new Problem('unknown_agency', `There is no agency "${agency}".`)
    const found = [
      verifier === undefined || (await prisma.verifier.findUnique({ where: { id: verifier } })),
      organisation === undefined || (await prisma.organisation.findUnique({ where: { id: organisation } })),
      payee === undefined || (await prisma.payee.findUnique({ where: { id: payee } })),
      programme === undefined || (await prisma.programme.findUnique({ where: { id: programme } })),
    ]
    if (!found.every(Boolean)) throw new Problem('not_found', 'There is nothing of that name to act for.')
    return {
      name,
      role,
      ...placeOf({
        agencyId: agency,
        verifierId: verifier,
        organisationId: organisation,
        payeeId: payee,
        programmeId: programme,
      }),
    }
  }

  return {
    staff: async () =>
      (await db.prisma.staff.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map((row) => ({
        ...view(row),
        disabled: row.disabledAt !== null,
      })),

    addStaff: async ({ actor }, account) => {
      const definition = await definitionOf(account)
      const { name, role } = definition
      const known = await db.prisma.staff.findUnique({ where: { name_role: { name, role } } })
      if (known && (!samePlace(placeOf(known), placeOf(definition)) || known.disabledAt))
        throw new Problem('conflict', 'That name is taken in this role: add something that tells them apart.')
      const { id } = await staff.ensureStaff(definition)
      const { url: link, expiresAt } = await staff.createEnrolmentLink(id)
      await audit.record(actor, known ? 'staff.invite' : 'staff.add', id, { role, ...namesOf(definition) })
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
      const definition = await definitionOf(account)
      const created = await apiKeys.create(definition)
      await audit.record(actor, 'api-key.add', created.id, { role: account.role, ...namesOf(definition) })
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

/** The place as the API names it. */
const namesOf = ({ agencyId, verifierId, organisationId, payeeId, programmeId }: Place) => ({
  agency: agencyId,
  verifier: verifierId,
  organisation: organisationId,
  payee: payeeId,
  programme: programmeId,
})
