import type { District } from '../city.ts'
import { addDays, addYears, daysBetween } from '../time/dates.ts'
import { GIVEN_NAMES, SURNAMES } from './names.ts'
import { type SeededRandom, seededRandom } from './random.ts'
import type { Resident } from './resident.ts'

/** Ages from, up to, and how many in a hundred. */
const AGES = [
  { from: 0, to: 9, share: 7 },
  { from: 10, to: 19, share: 9 },
  { from: 20, to: 29, share: 12 },
  { from: 30, to: 39, share: 14 },
  { from: 40, to: 49, share: 15 },
  { from: 50, to: 59, share: 17 },
  { from: 60, to: 69, share: 15 },
  { from: 70, to: 79, share: 7 },
  { from: 80, to: 99, share: 4 },
] as const

/** Birthdays on which a rule turns, in years and days from today: the first residents have them. */
const BOUNDARIES = [
  [14, 0],
  [14, 1],
  [19, 0],
  [19, 1],
  [19, -1],
  [65, 0],
  [65, 1],
] as const

const VETERAN_CATEGORIES = ['국가유공자', '참전유공자', '보훈보상대상자', '국가유공자 유족'] as const

/**
 * Synthetic residents: nobody real, everybody plausible. The same seed, count, districts and day give the same
 * people. Each district has its share of residents, and at least one where there are enough to go round.
 * @param today calendar date YYYY-MM-DD, to which ages refer
 */
export function generateResidents(
  seed: string,
  count: number,
  districts: readonly District[],
  today: string,
): Resident[] {
  const random = seededRandom(seed)
  const places = apportion(districts, count)
  // Shuffled, so that a district is not a run of register numbers.
  for (let i = places.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[places[i], places[j]] = [places[j] as District, places[i] as District]
  }
  return places.map((district, index) => {
    const birthDate = birthDateOf(random, index, today)
    const age = Math.floor(daysBetween(birthDate, today) / 365.2425)
    const [surnameKo, surnameEn] = random.weighted(SURNAMES, ([, , weight]) => weight)
    const era = GIVEN_NAMES.find(({ bornBefore }) => Number(birthDate.slice(0, 4)) < bornBefore)
    const [givenKo, givenEn] = random.pick(era?.names ?? [])
    return {
      id: uuid(random),
      registerNo: `IC-${String(index + 1).padStart(7, '0')}`,
      nameKo: surnameKo + givenKo,
      nameEn: `${surnameEn} ${givenEn}`,
      birthDate,
      districtCode: district.code,
      neighbourhoodCode: random.pick(district.neighbourhoods).code,
      residentSince: residentSince(random, birthDate, today),
      attributes: attributesOf(random, age),
    }
  })
}

/** Seats by largest remainder, so that the smallest district is not left to chance. */
function apportion(districts: readonly District[], count: number): District[] {
  const total = districts.reduce((sum, { residents }) => sum + residents, 0)
  const shares = districts.map((district) => {
    const exact = (count * district.residents) / total
    return { district, seats: Math.floor(exact), rest: exact - Math.floor(exact) }
  })
  let open = count - shares.reduce((sum, { seats }) => sum + seats, 0)
  for (const share of [...shares].sort((a, b) => b.rest - a.rest)) {
    if (open-- <= 0) break
    share.seats++
  }
  return shares.flatMap(({ district, seats }) => Array.from({ length: seats }, () => district))
}

function birthDateOf(random: SeededRandom, index: number, today: string): string {
  const boundary = BOUNDARIES[index]
  if (boundary) return addDays(addYears(today, -boundary[0]), boundary[1])
  // Born on a leap day: the birthday that most programs get wrong.
  if (index === BOUNDARIES.length) return '2004-02-29'
  const { from, to } = random.weighted(AGES, ({ share }) => share)
  const years = from + random.below(to - from + 1)
  return addDays(addYears(today, -years), -random.below(365))
}

function residentSince(random: SeededRandom, birthDate: string, today: string): string {
  const lifetime = daysBetween(birthDate, today)
  const draw = random.next()
  // Born here; moved here within the last year; or at some time in the last thirty.
  if (draw < 0.3 || lifetime === 0) return birthDate
  const longest = draw < 0.42 ? 365 : 30 * 365
  return addDays(today, -random.below(Math.min(longest, lifetime)))
}

function attributesOf(random: SeededRandom, age: number): Record<string, unknown> {
  const children =
    age >= 25 && age < 70 ? random.weighted([0, 1, 2, 3, 4], (n) => [40, 25, 24, 9, 2][n] ?? 0) : 0
  const isVeteran = age >= 20 && random.next() < (age >= 65 ? 0.12 : 0.03)
  const number = `${10 + random.below(90)}-${String(random.below(1_000_000)).padStart(6, '0')}`
  const category = random.pick(VETERAN_CATEGORIES)
  return { ...(children > 0 ? { children } : {}), ...(isVeteran ? { veteran: { number, category } } : {}) }
}

/** A UUID of version 8 (RFC 9562 section 5.8): repeatable, and not mistaken for a random one. */
function uuid(random: SeededRandom): string {
  const hex = Array.from({ length: 32 }, () => random.below(16).toString(16))
  hex[12] = '8'
  hex[16] = (8 + random.below(4)).toString(16)
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
