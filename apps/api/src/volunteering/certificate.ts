import { signJws } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { WalletPrincipal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { AGENCY, certificateNo } from './approvals.ts'
import { certificatePdf } from './certificate-pdf.ts'
import type { certificateKeysSchema, certificateStateSchema } from './schema.ts'

/** Explicit type (RFC 8725 section 3.11): none of our other tokens can be taken for a certificate. */
const TYPE = 'volunteer-certificate+jwt'

export type Certificates = {
  /** A page to print, with a QR that a school checks without asking anybody. @throws Problem `not_found` */
  pdf(wallet: WalletPrincipal, hoursId: string): Promise<Uint8Array>
  /** What the QR carries: a compact JWS. @throws Problem `not_found` */
  sign(wallet: WalletPrincipal, hoursId: string): Promise<string>
  /** Keys that sign certificates, and those that did; for checking without a network later. */
  keys(): Promise<z.output<typeof certificateKeysSchema>>
  /** Whether the hours stand as a certificate says; only for who has one: the number cannot be guessed. */
  state(no: string, minutes: number): Promise<z.output<typeof certificateStateSchema>>
}

/** What a certificate says. */
export type CertificateFacts = {
  certificateNo: string
  name: string
  birthDate: string
  activity: { ko: string; en: string }
  organisation: string
  date: string
  minutes: number
  school: boolean
  /** Seconds since 1970. */
  iat: number
}

export function createCertificates({
  db,
  city,
  agent,
  clock,
  config,
}: Pick<Context, 'db' | 'city' | 'agent' | 'clock' | 'config'>): Certificates {
  const nameOf = (agencyId: string) => city.agencies.find(({ id }) => id === agencyId)?.name

  /** Compact JWS (RFC 7515) by the agency's key. `birthDate` is on the paper alone, beside the name. */
  const signed = async ({ birthDate: _birthDate, ...facts }: CertificateFacts): Promise<string> => {
    const { keyRef, didUrl, x5c } = await agent.agencies.activeKey(AGENCY)
    const [leaf = ''] = x5c
    const sha256 = await crypto.subtle.digest('SHA-256', Buffer.from(leaf, 'base64'))
    const header = {
      typ: TYPE,
      kid: didUrl,
      'x5t#S256': Buffer.from(sha256).toString('base64url'),
    }
    return signJws(header, facts, agent.signer(keyRef))
  }

  return {
    pdf: async ({ subjectId }, hoursId) => {
      const facts = await factsOf(db.sql, subjectId, hoursId, clock())
      const issuer = nameOf(AGENCY)?.ko ?? city.name.ko
      // Behind the #: what stands on the paper reaches no server when somebody checks it.
      const link = `${config.publicUrl}/wallet/verify#${await signed(facts)}`
      return certificatePdf(facts, { issuer, city: city.name.ko, link, issuedAt: clock() })
    },

    sign: async ({ subjectId }, hoursId) => signed(await factsOf(db.sql, subjectId, hoursId, clock())),

    keys: async () => {
      const rows = await db.prisma.signingKey.findMany({
        where: { agencyId: AGENCY },
        orderBy: { validFrom: 'desc' },
      })
      return rows.map(({ didUrl, agencyId, publicJwk, x5c, validFrom, validUntil }) => {
        const { x, y } = publicJwk as { x: string; y: string }
        return {
          kid: didUrl,
          agency: { id: agencyId, name: nameOf(agencyId) ?? city.name },
          jwk: { kty: 'EC' as const, crv: 'P-256' as const, x, y },
          x5c,
          validFrom: validFrom.toISOString(),
          validUntil: validUntil?.toISOString() ?? null,
        }
      })
    },

    state: async (no, minutes) => {
      const [day = '', start = ''] = no.split('-')
      const date = day.replace(/^(....)(..)(..)$/, '$1-$2-$3')
      const prefix = start.toLowerCase().replace(/^(.{8})(.{4})$/, '$1-$2')
      const [row] = await db.sql<{ minutes: number }>`
        SELECT "minutes" FROM "VolunteerHours"
        WHERE "date" = ${date} AND "id" >= ${`${prefix}-0000-0000-000000000000`}::uuid
          AND "id" <= ${`${prefix}-ffff-ffff-ffffffffffff`}::uuid LIMIT 1`
      if (!row) return { state: 'unknown' }
      return { state: row.minutes === minutes ? 'good' : 'changed' }
    },
  }
}

async function factsOf(sql: Sql, subjectId: string, hoursId: string, now: Date): Promise<CertificateFacts> {
  const [row] = await sql<{
    titleKo: string
    titleEn: string
    organisationKo: string
    date: string
    minutes: number
    school: boolean
    name: string
    birthDate: string
  }>`
    SELECT h."titleKo", h."titleEn", h."organisationKo", h."date", h."minutes", h."school", r."nameKo" AS "name",
      r."birthDate"
    FROM "VolunteerHours" h JOIN "Resident" r ON r."id" = h."subjectId"
    WHERE h."id" = ${hoursId}::uuid AND h."subjectId" = ${subjectId}::uuid AND h."minutes" > 0`
  if (!row) throw new Problem('not_found', 'You have no such hours.')
  return {
    certificateNo: certificateNo(row.date, hoursId),
    name: row.name,
    birthDate: row.birthDate,
    activity: { ko: row.titleKo, en: row.titleEn },
    organisation: row.organisationKo,
    date: row.date,
    minutes: row.minutes,
    school: row.school,
    iat: Math.floor(now.getTime() / 1000),
  }
}
