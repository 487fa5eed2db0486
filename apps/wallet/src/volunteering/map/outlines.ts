import type { Localized } from '@pass/ui'
import map from '../../../../../city/map.json' with { type: 'json' }
import type { Position } from '../distance.ts'

/** A point of the drawing. One unit is a thousandth of a degree of latitude, some 111 metres, both ways. */
export type Point = { x: number; y: number }
/** A part of the drawing, as an SVG view box. */
export type View = Point & { width: number; height: number }

/** The city lies within two degrees: a plane with the meridians squeezed for its latitude is true enough to draw. */
const ORIGIN: Position = { latitude: 37.45, longitude: 126.7 }
const SQUEEZE = Math.cos((ORIGIN.latitude * Math.PI) / 180)

export function project({ latitude, longitude }: Position): Point {
  return {
    x: (longitude - ORIGIN.longitude) * SQUEEZE * 1000,
    // Down is south.
    y: (ORIGIN.latitude - latitude) * 1000,
  }
}

export type Outline = {
  code: string
  name: Localized
  /** For the `d` of an SVG path. */
  path: string
  /** Where its name stands: the middle of its largest part. */
  label: Point
  bounds: View
}

/** The districts as they are drawn. */
export const OUTLINES: readonly Outline[] = map.districts.map(({ code, name, rings }) => {
  const parts = rings.map(pointsOf)
  return {
    code,
    name,
    path: parts.map(pathOf).join(''),
    label: centroid(parts[0] ?? []),
    bounds: boundsOf(parts.flat()),
  }
})

function pointsOf(ring: string): Point[] {
  return ring.split(' ').map((pair) => {
    const [longitude = Number.NaN, latitude = Number.NaN] = pair.split(',').map(Number)
    return project({ longitude, latitude })
  })
}

function pathOf(points: Point[]): string {
  return `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`
}

/** Of the area inside a ring, not of its corners: a wriggly coast must not pull the name into the sea. */
export function centroid(ring: readonly Point[]): Point {
  let area = 0
  let x = 0
  let y = 0
  for (const [index, a] of ring.entries()) {
    const b = ring[(index + 1) % ring.length] ?? a
    const cross = a.x * b.y - b.x * a.y
    area += cross
    x += (a.x + b.x) * cross
    y += (a.y + b.y) * cross
  }
  return { x: x / (3 * area), y: y / (3 * area) }
}

/** The smallest view that holds all points. */
export function boundsOf(points: readonly Point[]): View {
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  const [left, top] = [Math.min(...xs), Math.min(...ys)]
  return { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top }
}
