/** A place on the earth, degrees (WGS 84). */
export type Position = { latitude: number; longitude: number }

const EARTH_METRES = 6_371_008.8

/** Metres between two places along the surface, by the haversine formula; within a city as good as any. */
export function distanceBetween(from: Position, to: Position): number {
  const lat = radians(to.latitude - from.latitude) / 2
  const lon = radians(to.longitude - from.longitude) / 2
  const chord =
    Math.sin(lat) ** 2 +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * Math.sin(lon) ** 2
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(chord)))
}

const radians = (degrees: number) => (degrees * Math.PI) / 180

/** Metres as people say them: to 50 m near by, to 100 m up to ten kilometres, then whole kilometres. */
export function spokenDistance(metres: number): string {
  if (metres < 975) return `${Math.max(50, Math.round(metres / 50) * 50)} m`
  return metres < 10_000 ? `${(metres / 1000).toFixed(1)} km` : `${Math.round(metres / 1000)} km`
}

export type PositionTrouble = 'denied' | 'unavailable'

/**
 * Where this device is. Asks the person, so it is called only when they want a list by distance; the answer stays in
 * the page.
 *
 * @throws PositionError
 */
export function findPosition(): Promise<Position> {
  return new Promise((resolve, reject) => {
    if (!('geolocation' in navigator)) return reject(new PositionError('unavailable'))
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude } }) => resolve({ latitude, longitude }),
      ({ code, PERMISSION_DENIED }) =>
        reject(new PositionError(code === PERMISSION_DENIED ? 'denied' : 'unavailable')),
      // A street away is near enough, and a place known five minutes ago spares the battery.
      { enableHighAccuracy: false, maximumAge: 300_000, timeout: 15_000 },
    )
  })
}

export class PositionError extends Error {
  override readonly name = 'PositionError'
  readonly trouble: PositionTrouble

  constructor(trouble: PositionTrouble) {
    super(`The position is ${trouble}.`)
    this.trouble = trouble
  }
}
