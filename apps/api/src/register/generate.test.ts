import { describe, expect, it } from 'vitest'
import { CITY } from '../testing/api.ts'
import { addYears, daysBetween, readDate } from '../time/dates.ts'
import { generateResidents } from './generate.ts'
import { parseRows } from './parse-rows.ts'
import { csv } from './testing.ts'

const TODAY = '2026-11-21'
const residents = generateResidents('incheon', 300, CITY.districts, TODAY)

describe('the sample register', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(generateResidents('incheon', 300, CITY.districts, TODAY)).toEqual(residents)
    expect(generateResidents('busan', 300, CITY.districts, TODAY)).not.toEqual(residents)
  })

  it('spreads over the districts as the residents do, and leaves none out', () => {
    const total = CITY.districts.reduce((sum, district) => sum + district.residents, 0)
    for (const district of CITY.districts) {
      const found = residents.filter(({ districtCode }) => districtCode === district.code).length
      expect(found).toBeGreaterThan(0)
      expect(Math.abs(found - (300 * district.residents) / total)).toBeLessThanOrEqual(1)
    }
  })

  it('has people on each side of the ages at which rules turn', () => {
    const birthdays = new Set(residents.map(({ birthDate }) => birthDate))
    for (const years of [14, 19, 65]) {
      expect(birthdays).toContain(addYears(TODAY, -years))
      expect(birthdays.has(`${Number(TODAY.slice(0, 4)) - years}-11-22`)).toBe(true)
    }
    expect(birthdays).toContain('2004-02-29')
    expect(residents.some(({ birthDate }) => birthDate > addYears(TODAY, -14))).toBe(true)
    expect(residents.some(({ birthDate }) => birthDate < addYears(TODAY, -80))).toBe(true)
  })

  it('has parents of two and of three, and veterans, and nobody of them a child', () => {
    const children = residents.map(({ attributes }) => Number(attributes['children'] ?? 0))
    expect(children.filter((n) => n === 2).length).toBeGreaterThan(10)
    expect(children.filter((n) => n >= 3).length).toBeGreaterThan(3)
    const veterans = residents.filter(({ attributes }) => attributes['veteran'])
    expect(veterans.length).toBeGreaterThan(3)
    for (const { birthDate, attributes } of residents)
      if (Object.keys(attributes).length > 0) expect(daysBetween(birthDate, TODAY)).toBeGreaterThan(19 * 365)
  })

  it('has nobody who lived here before birth or from tomorrow on', () => {
    for (const { birthDate, residentSince } of residents) {
      expect(birthDate <= residentSince).toBe(true)
      expect(residentSince <= TODAY).toBe(true)
    }
    expect(residents.some(({ residentSince }) => daysBetween(residentSince, TODAY) < 365)).toBe(true)
  })

  it('has numbers and ids that are all different', () => {
    expect(new Set(residents.map(({ registerNo }) => registerNo)).size).toBe(300)
    expect(new Set(residents.map(({ id }) => id)).size).toBe(300)
    expect(
      residents.every(({ id }) =>
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id),
      ),
    ).toBe(true)
  })

  it('would pass its own import', () => {
    const rows = residents.map((r) => [
      r.registerNo,
      r.nameKo,
      r.nameEn,
      r.birthDate,
      r.districtCode,
      r.neighbourhoodCode,
      r.residentSince,
    ])
    const parsed = parseRows(csv(rows), {
      districts: CITY.districts,
      today: TODAY,
      identityMacOf: () => '',
    })
    expect(parsed.errors).toEqual([])
    expect(parsed.rows).toHaveLength(300)
  })
})

describe('readDate', () => {
  it.each([
    ['1990-01-05', '1990-01-05'],
    ['1990.1.5', '1990-01-05'],
    ['1990. 1. 5.', '1990-01-05'],
    ['1990/01/05', '1990-01-05'],
    ['19900105', '1990-01-05'],
    ['1990년 1월 5일', '1990-01-05'],
    ['2024-02-29', '2024-02-29'],
    ['2023-02-29', undefined],
    ['1990-13-01', undefined],
    ['1990-00-10', undefined],
    ['05/01/1990', undefined],
    ['32878', undefined],
    ['900105', undefined],
    ['', undefined],
  ])('reads %j as %j', (text, date) => {
    expect(readDate(text)).toBe(date)
  })
})
