import type { Localized } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { z } from 'zod'
import { koreanYear } from './days.ts'
import type { historySchema } from './schema.ts'

type History = z.output<typeof historySchema>
type Item = History['items'][number]

type Row = {
  id: string
  kind: Item['kind']
  points: bigint
  titleKo: string
  titleEn: string
  detailKo: string | null
  detailEn: string | null
  at: Date
  status: Item['status']
  receipt: string | null
}

/** What is said where nobody wrote a title. */
const TITLES = {
  correction: { ko: '잘못 쌓인 포인트를 되돌렸어요', en: 'Points given by mistake were taken back' },
  moved: { ko: '포인트를 새 휴대전화로 옮겼어요', en: 'Points moved to your new phone' },
  expired: { ko: '사용 기간이 끝났어요', en: 'Points expired' },
} satisfies Record<string, Localized>

export type HistoryPage = { subjectId: string; now: Date; cursor?: string | undefined; limit: number }

/** All that ever happened to a citizen's points, in whichever wallet, newest first. `cursor` is the last `nextCursor`. */
export async function historyOf(sql: Sql, { subjectId, now, cursor, limit }: HistoryPage): Promise<History> {
  const [time, lastId = ''] = cursor?.split('_') ?? []
  const before = time === undefined ? '9999-12-31T00:00:00Z' : new Date(Number(time)).toISOString()
  const rows = await sql<Row>`
    WITH "own" AS (SELECT "id", "address" FROM "WalletAccount" WHERE "subjectId" = ${subjectId}::uuid)
    SELECT * FROM (
      SELECT 'a' || "award"."id" AS "id", 'award' AS "kind", "award"."points"::bigint AS "points",
        "reasonKo" AS "titleKo", "reasonEn" AS "titleEn", "nameKo" AS "detailKo", "nameEn" AS "detailEn",
        "award"."createdAt" AS "at",
        CASE "award"."status" WHEN 'confirmed' THEN 'confirmed' WHEN 'refused' THEN 'failed' ELSE 'pending' END AS "status",
        CASE "award"."status" WHEN 'confirmed' THEN "hash" END AS "receipt"
      FROM "Award" "award" JOIN "Programme" ON "Programme"."id" = "programmeId"
      WHERE "accountId" IN (SELECT "id" FROM "own")
      UNION ALL
      SELECT 'p' || "paid"."id",
        CASE "paid"."kind" WHEN 'fund' THEN 'donation' WHEN 'exchange' THEN 'exchange' ELSE 'payment' END,
        -"amount", "nameKo", "nameEn", NULL, NULL, "heldAt",
        CASE "paid"."status" WHEN 'settled' THEN 'confirmed' WHEN 'failed' THEN 'failed' ELSE 'pending' END, "hash"
      FROM "Redemption" "paid" JOIN "Payee" ON "Payee"."id" = "payeeId"
      WHERE "accountId" IN (SELECT "id" FROM "own")
      UNION ALL
      SELECT 'r' || "refund"."id", 'refund', COALESCE("credited", "refund"."amount"), "nameKo", "nameEn", NULL, NULL,
        "refund"."createdAt",
        CASE "refund"."status" WHEN 'settled' THEN 'confirmed' WHEN 'refused' THEN 'failed' ELSE 'pending' END, NULL
      FROM "Refund" "refund" JOIN "Redemption" "paid" ON "paid"."id" = "redemptionId"
        JOIN "Payee" ON "Payee"."id" = "paid"."payeeId"
      WHERE "paid"."accountId" IN (SELECT "id" FROM "own")
      UNION ALL
      SELECT 'c' || "id", 'correction', -COALESCE("debited", "amount"), ${TITLES.correction.ko}::text,
        ${TITLES.correction.en}::text, "reason", "reason", "createdAt",
        CASE "status" WHEN 'settled' THEN 'confirmed' ELSE 'pending' END, NULL
      FROM "Correction" WHERE "accountId" IN (SELECT "id" FROM "own") AND "status" IN ('approved', 'settled')
      UNION ALL
      SELECT 'm' || "id", 'moved', 0::bigint, ${TITLES.moved.ko}::text, ${TITLES.moved.en}::text, NULL, NULL, "endedAt",
        'confirmed', NULL
      FROM "Recovery" WHERE "toAccountId" IN (SELECT "id" FROM "own") AND "status" = 'completed'
      UNION ALL
      SELECT 'x' || "address" || "epoch", 'expired', -"points", ${TITLES.expired.ko}::text, ${TITLES.expired.en}::text,
        NULL, NULL, make_timestamptz("epoch" + 2, 1, 1, 0, 0, 0, 'UTC') - interval '9 hours', 'confirmed', NULL
      FROM "HolderEpoch"
      WHERE "address" IN (SELECT "address" FROM "own") AND "epoch" < ${koreanYear(now) - 1}::int AND "points" > 0
    ) AS "all"
    WHERE ("at", "id") < (${before}::timestamptz, ${lastId}::text)
    ORDER BY "at" DESC, "id" DESC LIMIT ${limit + 1}::int`
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(({ titleKo, titleEn, detailKo, detailEn, points, at, ...row }) => ({
      ...row,
      points: String(points),
      title: { ko: titleKo, en: titleEn },
      detail: detailKo === null || detailEn === null ? null : { ko: detailKo, en: detailEn },
      at: at.toISOString(),
    })),
    nextCursor: rows.length > limit && last ? `${last.at.getTime()}_${last.id}` : null,
  }
}
