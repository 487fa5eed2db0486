import { describe, expect, it } from 'vitest'
import { distanceBetween, spokenDistance } from './distance.ts'

const CITY_HALL = { latitude: 37.45591, longitude: 126.70516 }
const AIRPORT = { latitude: 37.46025, longitude: 126.44072 }

describe('the distance between two places', () => {
  it('is nothing to the same place', () => {
    expect(distanceBetween(CITY_HALL, CITY_HALL)).toBe(0)
  })

  it('is 111.2 km for a degree of latitude', () => {
    const metres = distanceBetween({ latitude: 37, longitude: 126 }, { latitude: 38, longitude: 126 })
    expect(metres / 1000).toBeCloseTo(111.2, 1)
  })

  it('takes into account that meridians come together towards the pole', () => {
    // 0.26444 degrees of longitude at 37.458 degrees north: 111.32 km x cos(37.458) x 0.26444.
    expect(distanceBetween(CITY_HALL, AIRPORT) / 1000).toBeCloseTo(23.35, 1)
  })

  it('is the same both ways', () => {
    expect(distanceBetween(CITY_HALL, AIRPORT)).toBe(distanceBetween(AIRPORT, CITY_HALL))
  })
})

describe('a distance is said', () => {
  it.each([
    [3, '50 m'],
    [412, '400 m'],
    [974, '950 m'],
    [975, '1.0 km'],
    [4321, '4.3 km'],
    [23_350, '23 km'],
  ])('%i metres as %s', (metres, words) => {
    expect(spokenDistance(metres)).toBe(words)
  })
})
