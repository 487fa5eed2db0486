import { boundsOf, OUTLINES, type Point, type View } from './outlines.ts'

/** Width to height of the drawing's frame. */
export const ASPECT = 1
/** The closest one may look, in units of the drawing: some 900 metres. */
const CLOSEST = 8
/** Districts of more than so many units across are islands far out: with them the rest of the city would be tiny. */
const FAR = 300

/** A view of the frame's shape around another one, with some air. */
export function fit(around: View, air = 0.08): View {
  const width = Math.max(around.width, around.height * ASPECT, CLOSEST) * (1 + 2 * air)
  const height = width / ASPECT
  return {
    x: around.x + around.width / 2 - width / 2,
    y: around.y + around.height / 2 - height / 2,
    width,
    height,
  }
}

const allOf = (views: readonly View[]) =>
  boundsOf(
    views.flatMap(({ x, y, width, height }) => [
      { x, y },
      { x: x + width, y: y + height },
    ]),
  )

/** All of the city, with its farthest islands. */
export const WHOLE: View = fit(allOf(OUTLINES.map(({ bounds }) => bounds)), 0.08)

/** Where nearly everyone lives. */
export const HOME: View = fit(
  allOf(OUTLINES.map(({ bounds }) => bounds).filter(({ width, height }) => Math.max(width, height) < FAR)),
  0.03,
)

/** Closer (factor below 1) or farther, about a point of the drawing that stays where it is on the screen. */
export function zoom(view: View, factor: number, about: Point = middleOf(view)): View {
  const width = Math.min(WHOLE.width, Math.max(CLOSEST, view.width * factor))
  const scale = width / view.width
  return keep({
    x: about.x - (about.x - view.x) * scale,
    y: about.y - (about.y - view.y) * scale,
    width,
    height: view.height * scale,
  })
}

/** Moves a view by fractions of its own size, no farther than the city reaches. */
export function pan(view: View, right: number, down: number): View {
  return keep({ ...view, x: view.x + right * view.width, y: view.y + down * view.height })
}

const middleOf = ({ x, y, width, height }: View): Point => ({ x: x + width / 2, y: y + height / 2 })

/** So that nobody gets lost at sea: the middle of a view stays within the city's bounds. */
function keep(view: View): View {
  const within = (value: number, low: number, length: number, half: number) =>
    Math.min(low + length - half, Math.max(low - half, value))
  return {
    ...view,
    x: within(view.x, WHOLE.x, WHOLE.width, view.width / 2),
    y: within(view.y, WHOLE.y, WHOLE.height, view.height / 2),
  }
}

/** Where a point stands in a view, as fractions from its left and top; undefined outside of it. */
export function placeIn(view: View, { x, y }: Point): { left: number; top: number } | undefined {
  const left = (x - view.x) / view.width
  const top = (y - view.y) / view.height
  return left >= 0 && left <= 1 && top >= 0 && top <= 1 ? { left, top } : undefined
}

export type Cluster<T> = { at: Point; left: number; top: number; members: T[]; bounds: View }

/** Pins closer than this part of the frame's width would lie on top of one another: 44 of 328 pixels, and some air. */
const APART = 0.145

/**
 * Gathers what would lie on top of one another, at the middle of its members. It depends on how close one looks and
 * not on where: moving the map regroups nothing.
 */
export function clusters<T extends { at: Point }>(view: View, pins: readonly T[]): Cluster<T>[] {
  const reach = APART * view.width
  let groups: { at: Point; members: T[] }[] = pins.map((pin) => ({ at: pin.at, members: [pin] }))
  // Each round can bring middles together that were apart before; few rounds are ever needed.
  for (let before = Number.POSITIVE_INFINITY; groups.length < before; ) {
    before = groups.length
    groups = gather(groups, reach)
  }
  return groups.flatMap(({ at, members }) => {
    const place = placeIn(view, at)
    return place ? [{ at, ...place, members, bounds: boundsOf(members.map((pin) => pin.at)) }] : []
  })
}

function gather<T>(groups: readonly { at: Point; members: T[] }[], reach: number) {
  const gathered: { at: Point; members: T[] }[] = []
  for (const { at, members } of groups) {
    const near = gathered.find((other) => Math.hypot(other.at.x - at.x, other.at.y - at.y) < reach)
    if (!near) {
      gathered.push({ at, members: [...members] })
      continue
    }
    const share = members.length / (near.members.length + members.length)
    near.at = { x: near.at.x + (at.x - near.at.x) * share, y: near.at.y + (at.y - near.at.y) * share }
    near.members.push(...members)
  }
  return gathered
}
