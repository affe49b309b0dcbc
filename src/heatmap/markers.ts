/** Numbers at places, set aside so that they hide neither the places nor each other. Pure. */
import type { LonLat } from '../types.ts'
import type { MapView } from './map-view.ts'
import type { TextPaths } from './text-paths.ts'

const RADIUS = 11
const TEXT_PX = 13
/** Of three digits and more. */
const NARROW_TEXT_PX = 9
const REACHES_PX = [26, 40, 58, 80]
const DIRECTIONS = [-45, 45, -135, 135, 0, 180, -90, 90].map((degrees) => (degrees * Math.PI) / 180)

/** A place and what stands at it. */
export interface Marker {
  readonly place: LonLat
  readonly label: string
}

interface Spot {
  readonly x: number
  readonly y: number
}

/** Draws the labels of places in map px; the first lies on top. */
export function drawMarkers(markers: readonly Marker[], view: MapView, text: TextPaths): string {
  const places = markers.map(({ place }): Spot => {
    const [x, y] = view.toPx(place)
    return { x, y }
  })
  const taken: Spot[] = [...places]
  const drawn = markers.map(({ label }, i) => {
    const place = places[i]
    if (place === undefined || !isIn(view, place)) return ''
    const spot = findSpot(place, taken, view)
    taken.push(spot)
    const sizePx = label.length > 2 ? NARROW_TEXT_PX : TEXT_PX
    return [
      `<path stroke="#fff" stroke-width="3.5" d="M${place.x} ${place.y}L${spot.x} ${spot.y}"/>`,
      `<path stroke="#111" stroke-width="1.5" d="M${place.x} ${place.y}L${spot.x} ${spot.y}"/>`,
      `<circle cx="${place.x}" cy="${place.y}" r="3.5" fill="#fff" stroke="#111" stroke-width="1.5"/>`,
      `<circle cx="${spot.x}" cy="${spot.y}" r="${RADIUS}" fill="#fff" stroke="#111" stroke-width="1.5"/>`,
      text.draw(
        label,
        { x: spot.x, y: spot.y + 0.37 * sizePx },
        { sizePx, isBold: true, anchor: 'middle' },
      ),
    ].join('')
  })
  return drawn.reverse().join('')
}

function isIn({ width, height }: MapView, { x, y }: Spot): boolean {
  return x >= 0 && y >= 0 && x <= width && y <= height
}

/** The nearest free place around; the first one where everything is taken. */
function findSpot(place: Spot, taken: readonly Spot[], { width, height }: MapView): Spot {
  const spots = REACHES_PX.flatMap((reach) =>
    DIRECTIONS.map((angle) => ({
      x: place.x + reach * Math.cos(angle),
      y: place.y + reach * Math.sin(angle),
    })),
  )
  const isInside = ({ x, y }: Spot) =>
    x > RADIUS && y > RADIUS && x < width - RADIUS && y < height - RADIUS
  const isFree = ({ x, y }: Spot) =>
    taken.every((other) => Math.hypot(other.x - x, other.y - y) > 2 * RADIUS + 2)
  return spots.find((spot) => isInside(spot) && isFree(spot)) ?? spots.find(isInside) ?? place
}
