import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import type { Position } from '../distance.ts'
import { useWords } from '../i18n.ts'
import { OUTLINES, type Point, project, type View } from './outlines.ts'
import { useView } from './use-view.ts'
import { type Cluster, clusters, fit, HOME, pan, placeIn, WHOLE, zoom } from './view.ts'

export type Pin = { id: string; at: Position; label: string; href: string }
type Placed = Omit<Pin, 'at'> & { at: Point }

/** What lies as close as this, in units of the drawing, does not come apart however close one looks. */
const TOGETHER = 0.3

/**
 * The city with its activities: drawn from our own outlines, so that no map service learns who looks at what. The same
 * activities stand in a list.
 */
export function CityMap({
  pins,
  districtCode,
  here,
  onChoose,
}: {
  pins: readonly Pin[]
  /** The district to look at; all of them without it. */
  districtCode: string
  here?: Position | undefined
  /** Several activities at one place were pressed. */
  onChoose: (ids: string[]) => void
}) {
  const { t } = useWords()
  const { view, setView, dragged, pointers } = useView(viewOf(districtCode))
  useEffect(() => setView(viewOf(districtCode)), [districtCode, setView])

  const placed = pins.map((pin): Placed => ({ ...pin, at: project(pin.at) }))
  const groups = clusters(view, placed)
  const outside = placed.length - groups.reduce((sum, { members }) => sum + members.length, 0)

  function open({ members, bounds }: Cluster<Placed>) {
    if (dragged()) return
    if (Math.max(bounds.width, bounds.height) > TOGETHER) setView(fit(bounds, 0.5))
    else onChoose(members.map(({ id }) => id))
  }

  return (
    <section className="map" aria-label={t.map.label}>
      <div className="map-frame" {...pointers}>
        <Drawing view={view} />
        {here && <Here view={view} at={here} />}
        <ul className="map-pins">
          {groups.map((group) => (
            <li key={group.members[0]?.id} style={percent(group)}>
              <PinOf group={group} dragged={dragged} onOpen={() => open(group)} />
            </li>
          ))}
        </ul>
      </div>
      <div className="map-buttons">
        <MapButton label={t.map.closer} sign="+" onPress={() => setView(zoom(view, 0.6))} />
        <MapButton label={t.map.farther} sign="−" onPress={() => setView(zoom(view, 1 / 0.6))} />
        <MapButton label={t.map.west} sign="←" onPress={() => setView(pan(view, -0.3, 0))} />
        <MapButton label={t.map.north} sign="↑" onPress={() => setView(pan(view, 0, -0.3))} />
        <MapButton label={t.map.south} sign="↓" onPress={() => setView(pan(view, 0, 0.3))} />
        <MapButton label={t.map.east} sign="→" onPress={() => setView(pan(view, 0.3, 0))} />
        <button type="button" className="map-button" onClick={() => setView(WHOLE)}>
          {t.map.whole}
        </button>
      </div>
      <p role="status">{outside > 0 && t.map.outside(outside)}</p>
      <p className="ui-hint">
        {t.map.hint} {t.map.source}
      </p>
    </section>
  )
}

/** One place on a small part of the map, to see roughly where it is. */
export function PlaceMap({ at, label }: { at: Position; label: string }) {
  const point = project(at)
  const [view] = useState(() => fit({ x: point.x - 40, y: point.y - 40, width: 80, height: 80 }))
  const place = placeIn(view, point)
  return (
    <div className="map-frame map-small" role="img" aria-label={label}>
      <Drawing view={view} />
      {place && (
        <div className="map-pins">
          <div style={percent(place)}>
            <span className="pin" />
          </div>
        </div>
      )}
    </div>
  )
}

const viewOf = (districtCode: string): View => {
  const outline = OUTLINES.find(({ code }) => code === districtCode)
  return outline ? fit(outline.bounds) : HOME
}

const percent = ({ left, top }: { left: number; top: number }) => ({
  left: `${left * 100}%`,
  top: `${top * 100}%`,
})

function Drawing({ view }: { view: View }) {
  const { local } = useWords()
  const { x, y, width, height } = view
  return (
    <svg viewBox={`${x} ${y} ${width} ${height}`} aria-hidden="true" focusable="false">
      {OUTLINES.map(({ code, path }) => (
        <path key={code} className="map-district" d={path} vectorEffect="non-scaling-stroke" />
      ))}
      {OUTLINES.map(({ code, name, label }) => (
        <text key={code} className="map-name" x={label.x} y={label.y} fontSize={width * 0.036}>
          {local(name)}
        </text>
      ))}
    </svg>
  )
}

function Here({ view, at }: { view: View; at: Position }) {
  const place = placeIn(view, project(at))
  return place ? <span className="map-here" style={percent(place)} aria-hidden="true" /> : null
}

function PinOf({
  group,
  dragged,
  onOpen,
}: {
  group: Cluster<Placed>
  dragged: () => boolean
  onOpen: () => void
}) {
  const { t, number } = useWords()
  const [only, ...rest] = group.members
  if (!only) return null
  if (rest.length === 0)
    return (
      <Link
        className="pin"
        href={only.href}
        aria-label={only.label}
        title={only.label}
        draggable={false}
        onClick={(event) => dragged() && event.preventDefault()}
      />
    )
  const count = group.members.length
  return (
    <button type="button" className="pin pin-many" aria-label={t.map.several(count)} onClick={onOpen}>
      {number(count)}
    </button>
  )
}

function MapButton({ label, sign, onPress }: { label: string; sign: string; onPress: () => void }) {
  return (
    <button type="button" className="map-button" aria-label={label} title={label} onClick={onPress}>
      <span aria-hidden="true">{sign}</span>
    </button>
  )
}
