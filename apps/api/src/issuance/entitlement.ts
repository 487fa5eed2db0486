import { CredentialError, type CredentialType, claimsFor } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Resident } from '../register/resident.ts'
import { dateOf } from '../time/korea.ts'
import type { AgencyRow } from './agency-desk.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What an agency may give to whom, before anything is promised. */
export function createEntitlement({ db, city }: Pick<Context, 'db' | 'city'>) {
  return {
    /** @throws Problem `unknown_type`, `type_not_accredited` */
    typeOf: (agency: AgencyRow, typeId: string): CredentialType => {
      const type = city.types.get(typeId)
      if (!type) throw new Problem('unknown_type', `There is no credential type "${typeId}".`)
      if (!agency.types.includes(typeId))
        throw new Problem('type_not_accredited', `This agency is not accredited for "${typeId}".`)
      return type
    },

    /** @param record the register's, with `facts` when there are some. @throws Problem `not_entitled` */
    check: (type: CredentialType, record: Record<string, unknown>, now: Date): void => {
      try {
        claimsFor(type, record, dateOf(now))
      } catch (error) {
        if (!(error instanceof CredentialError) || error.code !== 'not_entitled') throw error
        throw new Problem('not_entitled', 'The register does not show what this credential requires.')
      }
    },

    /** @param subject a resident's id, or the register's own number. @throws Problem `unknown_subject` */
    subject: async (subject: string, sql: Sql = db.sql): Promise<Resident> => {
      const [row] = UUID.test(subject)
        ? await sql<Resident>`SELECT * FROM "Resident" WHERE "id" = ${subject}::uuid`
        : await sql<Resident>`SELECT * FROM "Resident" WHERE "registerNo" = ${subject}`
      if (!row) throw new Problem('unknown_subject', 'The register knows no such person.')
      return row
    },
  }
}

export type Entitlement = ReturnType<typeof createEntitlement>
