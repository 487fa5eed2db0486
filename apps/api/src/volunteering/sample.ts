import { createHash, randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import type { Context } from '../context.ts'
import { addDays } from '../time/dates.ts'
import { dateOf, startOf } from '../time/korea.ts'

/** Nobody has this number: association numbers begin with a year. */
const REGISTRATION_NO = '0000-인천-001'
const HOUR_MS = 60 * 60 * 1000

type Sample = {
  title: [ko: string, en: string]
  description: [ko: string, en: string]
  kind: string
  place: string
  address: string
  at: [latitude: number, longitude: number]
  district: string
  /** Days from today, hour of the beginning, hours. */
  when: [days: number, hour: number, hours: number]
  places: number
  minAge?: number
  template?: string
  school: boolean
}

const SAMPLES: readonly Sample[] = [
  {
    title: ['송도 센트럴파크 가을 낙엽 쓸기', 'Sweeping leaves in Songdo Central Park'],
    description: [
      '빗자루와 장갑을 드려요. 편한 신발을 신고 와 주세요.',
      'We bring brooms and gloves; wear comfortable shoes.',
    ],
    kind: 'environment',
    place: '센트럴파크 이스트보트하우스 앞',
    address: '인천광역시 연수구 컨벤시아대로 160',
    at: [37.3925, 126.6396],
    district: '28185',
    when: [1, 10, 2],
    places: 20,
    school: true,
  },
  {
    title: ['왕산해수욕장 쓰레기 줍기', 'Beach clean-up at Wangsan'],
    description: [
      '장갑과 집게를 드려요. 바람이 부니 따뜻하게 입고 오세요.',
      'Gloves and tongs are there. It is windy: dress warmly.',
    ],
    kind: 'environment',
    place: '왕산해수욕장 입구',
    address: '인천광역시 영종구 용유서로 423',
    at: [37.4606, 126.3667],
    district: '28155',
    when: [4, 10, 3],
    places: 30,
    school: true,
  },
  {
    title: ['어르신 스마트폰 교실 도우미', 'Helping at a smartphone class for older people'],
    description: [
      '어르신 옆에서 하나씩 함께 눌러 봐요. 열네 살부터 함께할 수 있어요.',
      'Sit beside somebody and try it together. From 14 years.',
    ],
    kind: 'education',
    place: '부평구청 3층 교육실',
    address: '인천광역시 부평구 부평대로 168',
    at: [37.507, 126.7219],
    district: '28237',
    when: [6, 14, 2],
    places: 12,
    minAge: 14,
    template: 'age-14',
    school: true,
  },
  {
    title: ['홀로 계신 어르신 김장 나눔', 'Kimchi for older people who live alone'],
    description: [
      '김치를 담가 가까운 어르신 댁에 전해 드려요. 열아홉 살부터 함께할 수 있어요.',
      'Make kimchi and take it to neighbours. From 19 years.',
    ],
    kind: 'care',
    place: '남동구청 앞 광장',
    address: '인천광역시 남동구 소래로 633',
    at: [37.4474, 126.7315],
    district: '28200',
    when: [8, 9, 5],
    places: 40,
    minAge: 19,
    template: 'age-19',
    school: false,
  },
  {
    title: ['개항장 문화유산 길 안내', 'Guiding along the open-port heritage walk'],
    description: ['길목에서 지도를 나누어 주고 길을 알려 드려요.', 'Hand out maps and show people the way.'],
    kind: 'culture',
    place: '인천개항박물관 앞',
    address: '인천광역시 제물포구 신포로23번길 89',
    at: [37.4727, 126.6217],
    district: '28125',
    when: [11, 13, 4],
    places: 10,
    school: true,
  },
  {
    title: ['아라뱃길 자전거길 안전 지킴이', 'Safety stewards on the Ara waterway cycle path'],
    description: [
      '붐비는 곳에서 자전거와 걷는 분이 서로 조심하도록 도와요.',
      'Where it is crowded, help cyclists and walkers to mind each other.',
    ],
    kind: 'safety',
    place: '경인아라뱃길 계양대교 남단',
    address: '인천광역시 계양구 장기동',
    at: [37.5574, 126.7325],
    district: '28245',
    when: [15, 10, 3],
    places: 8,
    school: false,
  },
]

/**
 * A sample organisation with activities over the next weeks, so that a first try finds something. Nothing is made while
 * it has three or more to come; an installation of long standing gets new ones as the old ones pass.
 * @returns the organisation, for whoever lets a first organiser in
 */
export async function ensureSampleVolunteering({
  db,
  city,
  clock,
}: Pick<Context, 'db' | 'city' | 'clock'>): Promise<{ organisationId: string }> {
  return db.transaction(async (sql) => {
    const now = clock()
    const [organisation] = await sql<{ id: string }>`
      INSERT INTO "Organisation" ("id", "nameKo", "nameEn", "registrationNo", "phone", "status", "createdAt")
      VALUES (${randomUUID()}::uuid, '인천나눔봉사회 (예시)', 'Incheon Helping Hands (sample)', ${REGISTRATION_NO},
        '032-000-0000', 'accredited', ${now})
      ON CONFLICT ("registrationNo") DO UPDATE SET "nameKo" = EXCLUDED."nameKo" RETURNING "id"`
    if (!organisation) throw new Error('The database kept no organisation.')
    const [coming] = await sql<{ count: number }>`
      SELECT COUNT(*)::int AS "count" FROM "Activity"
      WHERE "organisationId" = ${organisation.id}::uuid AND "status" = 'published' AND "startsAt" > ${now}`
    if ((coming?.count ?? 0) < 3) {
      const programme = await programmeOf(sql)
      const known = new Set(city.districts.map(({ code }) => code))
      for (const sample of SAMPLES.filter(({ district }) => known.has(district)))
        await insert(sql, sample, { organisationId: organisation.id, programme, now })
    }
    return { organisationId: organisation.id }
  })
}

async function programmeOf(sql: Sql): Promise<{ id: number; pointsPerHour: number } | null> {
  const [row] = await sql<{ id: number; rules: { points: number }[] }>`
    SELECT "id", "rules" FROM "Programme" WHERE "kind" = 'volunteering' ORDER BY "id" LIMIT 1`
  return row ? { id: row.id, pointsPerHour: Math.max(0, ...row.rules.map(({ points }) => points)) } : null
}

async function insert(
  sql: Sql,
  sample: Sample,
  {
    organisationId,
    programme,
    now,
  }: { organisationId: string; programme: { id: number; pointsPerHour: number } | null; now: Date },
): Promise<void> {
  const [days, hour, hours] = sample.when
  const startsAt = new Date(startOf(addDays(dateOf(now), days)).getTime() + hour * HOUR_MS)
  const endsAt = new Date(startsAt.getTime() + hours * HOUR_MS)
  await sql`
    INSERT INTO "Activity" ("id", "organisationId", "titleKo", "titleEn", "descriptionKo", "descriptionEn", "kind",
      "place", "address", "latitude", "longitude", "districtCode", "startsAt", "endsAt", "places", "minAge", "template",
      "params", "minutes", "programmeId", "pointsPerHour", "school", "status", "createdBy", "createdAt", "publishedAt")
    VALUES (${idOf(sample, startsAt)}::uuid, ${organisationId}::uuid, ${sample.title[0]}, ${sample.title[1]},
      ${sample.description[0]}, ${sample.description[1]}, ${sample.kind}, ${sample.place}, ${sample.address},
      ${sample.at[0]}, ${sample.at[1]}, ${sample.district}, ${startsAt}, ${endsAt}, ${sample.places},
      ${sample.minAge ?? null}, ${sample.template ?? null}, '{}'::jsonb, ${hours * 60}, ${programme?.id ?? null},
      ${programme?.pointsPerHour ?? 0}, ${sample.school}, 'published', 'system', ${now}, ${now})
    ON CONFLICT ("id") DO NOTHING`
}

/** The same for the same sample on the same day: several processes that start at once make it once. */
function idOf({ title }: Sample, startsAt: Date): string {
  const hex = createHash('sha256').update(`${title[1]} ${startsAt.toISOString()}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
