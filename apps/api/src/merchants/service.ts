import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { commandIn } from '../mileage/commands.ts'
import type { Accounts } from '../staff/accounts.ts'
import type {
  applicationSchema,
  approvedSchema,
  categorySchema,
  fundBodySchema,
  merchantSchema,
  payeeSchema,
} from './schema.ts'
import { setFrozenIn } from './standing.ts'

type MerchantView = z.output<typeof merchantSchema>
type Kind = MerchantView['kind']

export type Merchants = {
  categories(): z.output<typeof categorySchema>[]
  /** Whom points can go to now. */
  payees(kind?: Kind): Promise<z.output<typeof payeeSchema>[]>
  /** @throws Problem `conflict` for a business that is known already, `bad_request` */
  apply(application: z.output<typeof applicationSchema>): Promise<{ id: number; status: 'applied' }>
  list(status?: MerchantView['status']): Promise<MerchantView[]>
  /** Registers it on the chain, and lets its first member of staff in. @throws Problem `not_found`, `conflict` */
  approve(principal: Principal, id: number, staffName?: string): Promise<z.output<typeof approvedSchema>>
  reject(principal: Principal, id: number, reason: string): Promise<MerchantView>
  /** From this moment it is paid nothing. What was held already is settled. */
  freeze(principal: Principal, id: number, reason: string): Promise<MerchantView>
  unfreeze(principal: Principal, id: number, reason: string): Promise<MerchantView>
  /** A donation fund, or the exchange into the local currency. */
  addFund(principal: Principal, fund: z.output<typeof fundBodySchema>): Promise<MerchantView>
}

/** Who is paid with points. The city decides, the chain is told, and its answer makes a payee active. */
export function createMerchants(
  { db, city, clock }: Pick<Context, 'db' | 'city' | 'clock'>,
  { accounts, audit }: { accounts: Pick<Accounts, 'addStaff'>; audit: Audit },
): Merchants {
  const find = async (id: number): Promise<MerchantView> => {
    const row = await db.prisma.payee.findUnique({ where: { id } })
    if (!row) throw notFound()
    return viewOf(row)
  }
  const registerIn = (sql: Sql, id: number, kind: Kind) =>
    commandIn(sql, {
      key: `payee:${id}:register`,
      call: 'registerPayee',
      // The exchange is paid for something, and so is no fund.
      args: { id, kind: kind === 'fund' ? 'fund' : 'merchant' },
    })
  /** From one of these states to another, or refused. */
  const decideIn = async (
    sql: Sql,
    { actor }: Principal,
    id: number,
    { from, to, action, reason }: { from: string; to: string; action: string; reason: string | null },
  ): Promise<{ kind: Kind; nameKo: string }> => {
    const [row] = await sql<{ kind: Kind; nameKo: string }>`
      UPDATE "Payee" SET "status" = ${to}, "decision" = ${reason}
      WHERE "id" = ${id} AND "status" = ${from} RETURNING "kind", "nameKo"`
    if (!row) {
      if ((await sql`SELECT 1 FROM "Payee" WHERE "id" = ${id}`).length === 0) throw notFound()
      throw new Problem('conflict', 'This was decided otherwise in the meantime.')
    }
    await audit.recordIn(sql, {
      actor,
      action,
      target: String(id),
      detail: reason === null ? {} : { reason },
    })
    return row
  }

  return {
    categories: () => city.merchantCategories,

    payees: async (kind) => {
      const rows = await db.prisma.payee.findMany({
        where: { status: 'active', ...(kind === undefined ? {} : { kind }) },
        orderBy: [{ kind: 'asc' }, { nameKo: 'asc' }, { id: 'asc' }],
        take: 2000,
      })
      return rows.map((row) => ({
        id: row.id,
        kind: row.kind as Kind,
        name: { ko: row.nameKo, en: row.nameEn },
        category: city.merchantCategories.find(({ id }) => id === row.category) ?? null,
        address: row.address,
        description: { ko: row.descriptionKo, en: row.descriptionEn },
      }))
    },

    apply: async ({ name, businessNo, category, districtCode, address, phone }) => {
      if (!city.merchantCategories.some(({ id }) => id === category))
        throw new Problem('bad_request', `There is no category "${category}".`)
      if (!city.districts.some(({ code }) => code === districtCode))
        throw new Problem('bad_request', `There is no district "${districtCode}".`)
      // Whoever was refused may apply again; all others are there already.
      const [row] = await db.sql<{ id: number }>`
        INSERT INTO "Payee" ("kind", "nameKo", "nameEn", "businessNo", "category", "districtCode", "address", "phone",
          "status", "createdAt")
        VALUES ('merchant', ${name.ko}, ${name.en ?? name.ko}, ${businessNo}, ${category}, ${districtCode}, ${address},
          ${phone}, 'applied', ${clock()})
        ON CONFLICT ("businessNo") DO UPDATE SET "nameKo" = EXCLUDED."nameKo", "nameEn" = EXCLUDED."nameEn",
          "category" = EXCLUDED."category", "districtCode" = EXCLUDED."districtCode", "address" = EXCLUDED."address",
          "phone" = EXCLUDED."phone", "status" = 'applied', "decision" = NULL, "createdAt" = EXCLUDED."createdAt"
        WHERE "Payee"."status" = 'rejected'
        RETURNING "id"`
      if (!row) throw new Problem('conflict', 'This business has applied already.')
      return { id: row.id, status: 'applied' }
    },

    list: async (status) =>
      (
        await db.prisma.payee.findMany({
          where: status === undefined ? {} : { status },
          orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        })
      ).map(viewOf),

    approve: async (principal, id, staffName = '대표') => {
      const { nameKo } = await db.transaction(async (sql) => {
        const change = { from: 'applied', to: 'approved', action: 'merchant.approve', reason: null }
        const row = await decideIn(sql, principal, id, change)
        await registerIn(sql, id, row.kind)
        return row
      })
      const { link, expiresAt } = await accounts.addStaff(principal, {
        name: `${staffName} (${nameKo}, ${id})`,
        role: 'merchant',
        payee: id,
      })
      return { merchant: await find(id), link, expiresAt }
    },

    reject: async (principal, id, reason) => {
      const change = { from: 'applied', to: 'rejected', action: 'merchant.reject', reason }
      await db.transaction((sql) => decideIn(sql, principal, id, change))
      return find(id)
    },

    freeze: async (principal, id, reason) => {
      // The chain follows once what was held before is settled, see `createStanding`.
      const change = { from: 'active', to: 'frozen', action: 'merchant.freeze', reason }
      await db.transaction((sql) => decideIn(sql, principal, id, change))
      return find(id)
    },

    unfreeze: async (principal, id, reason) => {
      const change = { from: 'frozen', to: 'active', action: 'merchant.unfreeze', reason }
      await db.transaction(async (sql) => {
        await decideIn(sql, principal, id, change)
        // The chain may have frozen it: then it is active again when the chain says so.
        if (await setFrozenIn(sql, id, false))
          await sql`UPDATE "Payee" SET "status" = 'approved' WHERE "id" = ${id}`
      })
      return find(id)
    },

    addFund: async (principal, { kind, name, description }) => {
      const id = await db.transaction(async (sql) => {
        const [row] = await sql<{ id: number }>`
          INSERT INTO "Payee" ("kind", "nameKo", "nameEn", "descriptionKo", "descriptionEn", "status", "createdAt")
          VALUES (${kind}, ${name.ko}, ${name.en}, ${description.ko}, ${description.en}, 'approved', ${clock()})
          RETURNING "id"`
        if (!row) throw new Error('The database kept no payee.')
        await registerIn(sql, row.id, kind)
        const { actor } = principal
        await audit.recordIn(sql, { actor, action: 'fund.add', target: String(row.id), detail: { kind } })
        return row.id
      })
      return find(id)
    },
  }
}

const notFound = () => new Problem('not_found', 'There is no such merchant or fund.')

function viewOf(row: {
  id: number
  kind: string
  nameKo: string
  nameEn: string
  businessNo: string | null
  category: string | null
  districtCode: string | null
  address: string | null
  phone: string | null
  status: string
  decision: string | null
  createdAt: Date
}): MerchantView {
  const { nameKo, nameEn, createdAt } = row
  return {
    id: row.id,
    kind: row.kind as Kind,
    name: { ko: nameKo, en: nameEn },
    businessNo: row.businessNo,
    category: row.category,
    districtCode: row.districtCode,
    address: row.address,
    phone: row.phone,
    status: row.status as MerchantView['status'],
    decision: row.decision,
    createdAt: createdAt.toISOString(),
  }
}
