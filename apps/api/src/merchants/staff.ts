import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Accounts } from '../staff/accounts.ts'
import type { addedStaffSchema, merchantStaffSchema } from './schema.ts'

/** A merchant lets its own people in and out again: nobody of another merchant. */
export type MerchantStaff = {
  list(principal: Principal): Promise<z.output<typeof merchantStaffSchema>[]>
  add(principal: Principal, name: string): Promise<z.output<typeof addedStaffSchema>>
  /** @throws Problem `not_found`, `conflict` for oneself */
  disable(principal: Principal, staffId: string): Promise<void>
}

export function createMerchantStaff(
  { db }: Pick<Context, 'db'>,
  { accounts }: { accounts: Pick<Accounts, 'addStaff' | 'disableStaff'> },
): MerchantStaff {
  return {
    list: async ({ payeeId, actor }) => {
      if (payeeId === null) return []
      const rows = await db.prisma.staff.findMany({
        where: { role: 'merchant', payeeId },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      })
      return rows.map(({ id, name, createdAt, disabledAt }) => ({
        id,
        name,
        createdAt: createdAt.toISOString(),
        disabled: disabledAt !== null,
        you: actor === `staff:${id}`,
      }))
    },
    add: async (principal, name) => {
      const { payeeId } = principal
      const payee = payeeId === null ? null : await db.prisma.payee.findUnique({ where: { id: payeeId } })
      if (!payee) throw new Problem('not_found', 'There is no such merchant.')
      // A name is taken once in a role: with the merchant's own, two shops can each have a 김민수.
      const account = {
        name: `${name} (${payee.nameKo}, ${payee.id})`,
        role: 'merchant',
        payee: payee.id,
      } as const
      return accounts.addStaff(principal, account)
    },
    disable: async (principal, staffId) => {
      const { payeeId, actor } = principal
      const row =
        payeeId === null
          ? null
          : await db.prisma.staff.findFirst({ where: { id: staffId, role: 'merchant', payeeId } })
      if (!row) throw new Problem('not_found', 'There is no such member of your staff.')
      if (actor === `staff:${staffId}`)
        throw new Problem('conflict', 'Somebody else has to end your own account.')
      await accounts.disableStaff(principal, staffId)
    },
  }
}
