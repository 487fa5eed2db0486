import { type PointerEvent, useRef, useState } from 'react'
import type { Point, View } from './outlines.ts'
import { pan, zoom } from './view.ts'

/** A press that moves less than this, in pixels, was a press and no drag. */
const STEADY = 6

/** The part of the city in sight, moved by a finger or a mouse, and brought closer by two fingers. */
export function useView(start: View) {
  const [view, setView] = useState(start)
  const fingers = useRef(new Map<number, Point>())
  const moved = useRef(0)

  function onPointerDown(event: PointerEvent<HTMLElement>) {
    if (event.button !== 0) return
    if (fingers.current.size === 0) moved.current = 0
    fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY })
  }

  function onPointerMove(event: PointerEvent<HTMLElement>) {
    const before = fingers.current.get(event.pointerId)
    if (!before) return
    const now = { x: event.clientX, y: event.clientY }
    const frame = event.currentTarget.getBoundingClientRect()
    moved.current += Math.hypot(now.x - before.x, now.y - before.y)
    // A press on a pin stays a press: only what has become a drag is taken away from the pins.
    if (moved.current > STEADY) event.currentTarget.setPointerCapture(event.pointerId)
    const [right, down] = [(before.x - now.x) / frame.width, (before.y - now.y) / frame.height]
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1]
    fingers.current.set(event.pointerId, now)
    if (!other) return setView((was) => pan(was, right, down))
    const spread = (from: Point) => Math.max(1, Math.hypot(from.x - other.x, from.y - other.y))
    setView((was) => {
      const about = {
        x: was.x + ((other.x - frame.left) / frame.width) * was.width,
        y: was.y + ((other.y - frame.top) / frame.height) * was.height,
      }
      return zoom(was, spread(before) / spread(now), about)
    })
  }

  function onPointerEnd(event: PointerEvent<HTMLElement>) {
    fingers.current.delete(event.pointerId)
  }

  return {
    view,
    setView,
    /** Whether the press that just ended was a drag, and opens nothing. */
    dragged: () => moved.current > STEADY,
    pointers: {
      onPointerDown,
      onPointerMove,
      onPointerUp: onPointerEnd,
      onPointerCancel: onPointerEnd,
      onLostPointerCapture: onPointerEnd,
    },
  }
}
