import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Accounts } from '../staff/accounts.ts'
import { localized } from './rows.ts'
import type {
  accreditedSchema,
  organisationApplicationSchema,
  organisationAppliedSchema,
  organisationSchema,
} from './schema.ts'

type View = z.output<typeof organisationSchema>
type Status = View['status']

export type Organisations = {
  /** @throws Problem `conflict` when it applied already */
  apply(
    application: z.output<typeof organisationApplicationSchema>,
  ): Promise<z.output<typeof organisationAppliedSchema>>
  list(status?: Status): Promise<View[]>
  /** Also lifts a suspension. Answers a link for its first organiser. @throws Problem `not_found`, `conflict` */
  accredit(principal: Principal, id: string, staffName?: string): Promise<z.output<typeof accreditedSchema>>
  /** It publishes nothing any more; what people signed up for goes on until somebody cancels it. */
  suspend(principal: Principal, id: string, reason: string): Promise<View>
  reject(principal: Principal, id: string, reason: string): Promise<View>
}

/** Who may call for volunteers: whoever the city accredits. */
export function createOrganisations(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { accounts, audit }: { accounts: Pick<Accounts, 'addStaff'>; audit: Audit },
): Organisations {
  const decide = (
    { actor }: Principal,
    id: string,
    { from, to, reason }: { from: Status[]; to: Status; reason: string | null },
  ): Promise<View> =>
    db.transaction(async (sql) => {
      const [row] = await sql<Row>`
        UPDATE "Organisation" SET "status" = ${to}, "decision" = ${reason}
        WHERE "id" = ${id}::uuid AND "status" = ANY(${from}::text[]) RETURNING *`
      if (!row) {
        const [known] = await sql`SELECT 1 FROM "Organisation" WHERE "id" = ${id}::uuid`
        if (!known) throw new Problem('not_found', 'There is no such organisation.')
        throw new Problem('conflict', 'This was decided otherwise in the meantime.')
      }
      const detail = reason === null ? {} : { reason }
      await audit.recordIn(sql, { actor, action: `organisation.${to}`, target: id, detail })
      return viewOf(row)
    })

  return {
    apply: async ({ name, registrationNo, phone }) => {
      // Whoever was refused may apply again; all others are there already.
      const [row] = await db.sql<{ id: string }>`
        INSERT INTO "Organisation" ("id", "nameKo", "nameEn", "registrationNo", "phone", "status", "createdAt")
        VALUES (${randomUUID()}::uuid, ${name.ko}, ${name.en}, ${registrationNo}, ${phone}, 'applied', ${clock()})
        ON CONFLICT ("registrationNo") DO UPDATE SET "nameKo" = EXCLUDED."nameKo", "nameEn" = EXCLUDED."nameEn",
          "phone" = EXCLUDED."phone", "status" = 'applied', "decision" = NULL, "createdAt" = EXCLUDED."createdAt"
        WHERE "Organisation"."status" = 'rejected'
        RETURNING "id"`
      if (!row) throw new Problem('conflict', 'This organisation has applied already.')
      return { id: row.id, status: 'applied' }
    },

    list: async (status) => {
      const rows = await db.prisma.organisation.findMany({
        where: status === undefined ? {} : { status },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        take: 2000,
      })
      return rows.map(viewOf)
    },

    accredit: async (principal, id, staffName = '담당자') => {
      const from: Status[] = ['applied', 'suspended']
      const organisation = await decide(principal, id, { from, to: 'accredited', reason: null })
      // A name is taken once in a role: with the organisation's own, two can each have a 김민수.
      const { link, expiresAt } = await accounts.addStaff(principal, {
        name: `${staffName} (${organisation.name.ko}, ${organisation.registrationNo})`,
        role: 'organiser',
        organisation: id,
      })
      return { organisation, link, expiresAt }
    },
    suspend: (principal, id, reason) =>
      decide(principal, id, { from: ['accredited'], to: 'suspended', reason }),
    reject: (principal, id, reason) => decide(principal, id, { from: ['applied'], to: 'rejected', reason }),
  }
}

type Row = {
  id: string
  nameKo: string
  nameEn: string
  registrationNo: string
  phone: string | null
  status: string
  decision: string | null
  createdAt: Date
}

function viewOf({ id, nameKo, nameEn, registrationNo, phone, status, decision, createdAt }: Row): View {
  return {
    id,
    name: localized(nameKo, nameEn),
    registrationNo,
    phone,
    status: status as Status,
    decision,
    createdAt: createdAt.toISOString(),
  }
}
