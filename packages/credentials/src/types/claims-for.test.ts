import { describe, expect, it } from 'vitest'
import { cityType, RECORD, TODAY } from '../testing/city.ts'
import { claimsFor, hasReachedAge } from './claims-for.ts'

describe('the resident credential', () => {
  it('says what the register says, and the ages reached today', () => {
    expect(claimsFor(cityType('resident'), RECORD, TODAY)).toEqual({
      claims: {
        name_ko: '김하늘',
        name_en: 'KIM HANEUL',
        birth_date: '2000-02-29',
        district_code: '28185',
        district_name: '연수구',
        neighbourhood_code: '2818510700',
        neighbourhood_name: '송도1동',
        resident_since: '2019-03-02',
        age_equal_or_over: { '14': true, '19': true, '65': false },
      },
      disclosureFrame: {
        _sd: [
          'name_ko',
          'name_en',
          'birth_date',
          'district_code',
          'district_name',
          'neighbourhood_code',
          'neighbourhood_name',
          'resident_since',
        ],
        age_equal_or_over: { _sd: ['14', '19', '65'] },
      },
    })
  })

  it('leaves out what the register does not know', () => {
    const { claims, disclosureFrame } = claimsFor(cityType('resident'), { ...RECORD, nameEn: '' }, TODAY)
    expect(claims).not.toHaveProperty('name_en')
    expect(disclosureFrame._sd).not.toContain('name_en')
  })

  it('is not for someone the register does not show as a resident', () => {
    const { residentSince: _, ...visitor } = RECORD
    expect(() => claimsFor(cityType('resident'), visitor, TODAY)).toThrow(
      expect.objectContaining({ code: 'not_entitled' }),
    )
  })
})

describe('the family card', () => {
  const withChildren = (children: unknown) => ({ ...RECORD, attributes: { children } })

  it('tells two or more apart from three or more, and not how many', () => {
    const { claims } = claimsFor(cityType('multi-child-family'), withChildren(2), TODAY)
    expect(claims['children_equal_or_over']).toEqual({ '2': true, '3': false })
    expect(JSON.stringify(claims)).not.toContain('children"')
  })

  it.each([0, 1, undefined, '3'])('is not for a family with %j children', (children) => {
    expect(() => claimsFor(cityType('multi-child-family'), withChildren(children), TODAY)).toThrow(
      expect.objectContaining({ code: 'not_entitled' }),
    )
  })
})

describe('the veteran card', () => {
  it('is for those with a veteran number', () => {
    const { claims } = claimsFor(cityType('veteran'), RECORD, TODAY)
    expect(claims).toMatchObject({ veteran_number: '28-000001', veteran_category: '국가유공자' })
    expect(() => claimsFor(cityType('veteran'), { ...RECORD, attributes: {} }, TODAY)).toThrow(
      expect.objectContaining({ code: 'not_entitled' }),
    )
  })
})

describe('an age', () => {
  it.each([
    ['2007-11-21', '2026-11-20', false],
    ['2007-11-21', '2026-11-21', true],
    ['2007-11-22', '2026-11-21', false],
    ['2007-12-31', '2026-12-30', false],
    ['2008-02-29', '2027-02-28', false],
    ['2008-02-29', '2027-03-01', true],
    ['2008-03-01', '2027-03-01', true],
    ['2008-02-28', '2027-02-28', true],
  ])('of 19 for someone born %s is on %s reached: %s', (birthDate, today, reached) => {
    expect(hasReachedAge(birthDate, 19, today)).toBe(reached)
  })

  it('falls on 29 February itself in a leap year', () => {
    expect(hasReachedAge('2008-02-29', 20, '2028-02-28')).toBe(false)
    expect(hasReachedAge('2008-02-29', 20, '2028-02-29')).toBe(true)
  })

  it.each(['2026-02-29', '2026-13-01', '2026-1-1', '20260101', '', '2026-00-10', '2026-04-31'])(
    'is not told from %o, which is no date',
    (date) => {
      expect(() => hasReachedAge(date, 19, TODAY)).toThrow(
        expect.objectContaining({ code: 'invalid_parameter' }),
      )
      expect(() => hasReachedAge('2000-01-01', 19, date)).toThrow(
        expect.objectContaining({ code: 'invalid_parameter' }),
      )
    },
  )
})
