import type { z } from 'zod'
import type { WalletPrincipal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { BADGES } from './approvals.ts'
import type { ConsentLinks } from './consent-links.ts'
import { localized } from './rows.ts'
import type { mineSchema } from './schema.ts'
import { signupView } from './signup-view.ts'

/** How long past sign-ups are listed. */
const PAST_MS = 100 * 24 * 60 * 60 * 1000

type HoursRow = {
  id: string
  titleKo: string
  titleEn: string
  organisationKo: string
  date: string
  minutes: number
  school: boolean
  source: string
  pointsDue: number
  pointsGiven: number
  withheld: string | null
}

/** What a citizen sees of their own: sign-ups to come and of the last three months, hours, and the next badge. */
export function createMyRecord(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { links }: { links: ConsentLinks },
): (wallet: WalletPrincipal) => Promise<z.output<typeof mineSchema>> {
  return async ({ subjectId }) => {
    const since = new Date(clock().getTime() - PAST_MS)
    const ids = await db.sql<{ id: string }>`
      SELECT s."id" FROM "Signup" s JOIN "WalletAccount" w ON w."id" = s."accountId"
      JOIN "Activity" a ON a."id" = s."activityId"
      WHERE w."subjectId" = ${subjectId}::uuid AND a."endsAt" > ${since} ORDER BY a."startsAt", s."id" LIMIT 200`
    const signups = await Promise.all(ids.map(({ id }) => signupView(db.sql, id, links)))
    const hours = await db.sql<HoursRow>`
      SELECT "id", "titleKo", "titleEn", "organisationKo", "date", "minutes", "school", "source", "pointsDue",
        "pointsGiven", "withheld"
      FROM "VolunteerHours" WHERE "subjectId" = ${subjectId}::uuid AND "minutes" > 0
      ORDER BY "date" DESC, "createdAt" DESC LIMIT 1000`
    const sum = (rows: readonly HoursRow[]) => rows.reduce((total, { minutes }) => total + minutes, 0)
    const minutes = sum(hours)
    const next = BADGES.find((level) => level * 60 > minutes)
    return {
      signups,
      hours: hours.map((row) => ({
        id: row.id,
        title: localized(row.titleKo, row.titleEn),
        organisation: row.organisationKo,
        date: row.date,
        minutes: row.minutes,
        school: row.school,
        points: row.pointsDue > 0 ? String(row.pointsGiven) : null,
        withheld: row.withheld,
        imported: row.source.startsWith('1365:'),
      })),
      totals: { minutes, schoolMinutes: sum(hours.filter(({ school }) => school)) },
      nextBadge: next === undefined ? null : { hours: next, minutesLeft: next * 60 - minutes },
    }
  }
}
