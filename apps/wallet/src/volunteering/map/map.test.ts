import { describe, expect, it } from 'vitest'
import districts from '../../../../../city/districts.json' with { type: 'json' }
import { boundsOf, centroid, OUTLINES, project } from './outlines.ts'
import { clusters, fit, HOME, pan, placeIn, WHOLE, zoom } from './view.ts'

const outlineOf = (name: string) => {
  const code = districts.find((district) => district.name.ko === name)?.code
  const outline = OUTLINES.find((one) => one.code === code)
  if (!outline) throw new Error(`no outline of ${name}`)
  return outline
}
const inside = (name: string, latitude: number, longitude: number) => {
  const { x, y } = project({ latitude, longitude })
  const { bounds } = outlineOf(name)
  return x > bounds.x && x < bounds.x + bounds.width && y > bounds.y && y < bounds.y + bounds.height
}

describe('the outlines of the districts', () => {
  it('are there for every district of the city under its name, and for no other', () => {
    const named = (list: readonly { code: string; name: object }[]) =>
      Object.fromEntries(list.map(({ code, name }) => [code, name]))
    expect(named(OUTLINES)).toEqual(named(districts))
    expect(OUTLINES).toHaveLength(districts.length)
  })

  it('are made of numbers', () => {
    for (const { path, label } of OUTLINES) {
      expect(path).toMatch(/^(M-?[\d.]+ -?[\d.]+(L-?[\d.]+ -?[\d.]+){2,}Z)+$/)
      expect(Number.isFinite(label.x + label.y)).toBe(true)
    }
  })

  it('hold the places that lie in them', () => {
    expect(inside('남동구', 37.4559, 126.7052)).toBe(true)
    expect(inside('영종구', 37.4602, 126.4407)).toBe(true)
    expect(inside('강화군', 37.7466, 126.4878)).toBe(true)
    expect(inside('옹진군', 37.9671, 124.7205)).toBe(true)
    expect(inside('검단구', 37.5946, 126.6727)).toBe(true)
    expect(inside('서해구', 37.5946, 126.6727)).toBe(false)
  })

  it('carry the name of a district of two islands on the larger one', () => {
    const { x, y } = outlineOf('영종구').label
    expect(x).toBeGreaterThan(project({ latitude: 37.5, longitude: 126.42 }).x)
    expect(y).toBeLessThan(project({ latitude: 37.45, longitude: 126.4 }).y)
  })
})

describe('the projection', () => {
  it('puts north above and east to the right', () => {
    const south = project({ latitude: 37.4, longitude: 126.6 })
    const northEast = project({ latitude: 37.5, longitude: 126.7 })
    expect(northEast.y).toBeLessThan(south.y)
    expect(northEast.x).toBeGreaterThan(south.x)
  })

  it('is as long to the east as to the north', () => {
    // A kilometre is 0.008993 degrees of latitude, and at 37.45 degrees north 0.011328 of longitude.
    const from = project({ latitude: 37.45, longitude: 126.7 })
    const north = project({ latitude: 37.45 + 0.008993, longitude: 126.7 })
    const east = project({ latitude: 37.45, longitude: 126.7 + 0.011328 })
    expect(east.x - from.x).toBeCloseTo(from.y - north.y, 2)
  })

  it('finds the middle of an area and not of its corners', () => {
    const corners = [
      { x: 0, y: 0 },
      { x: 1, y: 0 },
      { x: 2, y: 0 },
      { x: 4, y: 0 },
      { x: 4, y: 4 },
      { x: 0, y: 4 },
    ]
    expect(centroid(corners)).toEqual({ x: 2, y: 2 })
    expect(boundsOf(corners)).toEqual({ x: 0, y: 0, width: 4, height: 4 })
  })
})

describe('a view of the map', () => {
  const hall = project({ latitude: 37.4559, longitude: 126.7052 })
  const baengnyeong = project({ latitude: 37.9671, longitude: 124.7205 })

  it('starts where nearly everyone lives, and all of the city is there to be seen', () => {
    expect(placeIn(HOME, hall)).toBeDefined()
    expect(placeIn(HOME, baengnyeong)).toBeUndefined()
    expect(placeIn(WHOLE, baengnyeong)).toBeDefined()
    expect(placeIn(WHOLE, hall)).toBeDefined()
  })

  it('comes closer about the point that was pointed at', () => {
    const before = placeIn(HOME, hall)
    const after = placeIn(zoom(HOME, 0.5, hall), hall)
    expect(after?.left).toBeCloseTo(before?.left ?? 0)
    expect(after?.top).toBeCloseTo(before?.top ?? 0)
  })

  it('goes no farther out than the city and no closer than a few streets', () => {
    let view = HOME
    for (let i = 0; i < 30; i++) view = zoom(view, 2)
    expect(view.width).toBeCloseTo(WHOLE.width)
    for (let i = 0; i < 30; i++) view = zoom(view, 0.5)
    expect(view.width).toBeGreaterThan(5)
    expect(zoom(view, 0.5).width).toBeCloseTo(view.width)
  })

  it('does not get lost at sea', () => {
    let view = HOME
    for (let i = 0; i < 100; i++) view = pan(view, 0, 1)
    expect(view.y + view.height / 2).toBeLessThanOrEqual(WHOLE.y + WHOLE.height)
  })

  it('of a district holds all of it', () => {
    const { bounds } = outlineOf('부평구')
    const view = fit(bounds)
    expect(placeIn(view, bounds)).toBeDefined()
    expect(placeIn(view, { x: bounds.x + bounds.width, y: bounds.y + bounds.height })).toBeDefined()
  })
})

describe('pins', () => {
  const pin = (id: string, x: number, y: number) => ({ id, at: { x, y } })
  const view = { x: 0, y: 0, width: 80, height: 80 }

  it('that would lie on top of one another become one with their number', () => {
    const found = clusters(view, [pin('a', 1, 1), pin('b', 3, 3), pin('c', 60, 60)])
    expect(found.map(({ members }) => members.map(({ id }) => id))).toEqual([['a', 'b'], ['c']])
    expect(found[0]).toMatchObject({ left: 2 / 80, top: 2 / 80, bounds: { width: 2, height: 2 } })
  })

  it('come apart when one looks closer', () => {
    expect(clusters({ x: 0, y: 0, width: 8, height: 8 }, [pin('a', 1, 1), pin('b', 3, 3)])).toHaveLength(2)
  })

  it('stay as they are when the map is moved', () => {
    const pins = [pin('a', 10, 10), pin('b', 19, 10), pin('c', 28, 10), pin('d', 70, 70)]
    const grouped = (x: number, y: number) =>
      clusters({ ...view, x, y }, pins).map(({ members }) => members.map(({ id }) => id))
    expect(grouped(0, 0)).toContainEqual(['d'])
    expect(grouped(5, 5)).toEqual(grouped(0, 0))
  })

  it('leave room to press each of them', () => {
    const pins = Array.from({ length: 300 }, (_, i) => pin(String(i), (i * 37) % 80, (i * 53) % 80))
    const found = clusters(view, pins)
    expect(found.reduce((sum, { members }) => sum + members.length, 0)).toBe(300)
    for (const [index, one] of found.entries())
      for (const other of found.slice(index + 1))
        expect(Math.hypot(one.left - other.left, one.top - other.top)).toBeGreaterThan(0.14)
  })

  it('outside of the view are not drawn', () => {
    expect(clusters(view, [pin('a', -1, 5), pin('b', 5, 81)])).toEqual([])
  })
})
