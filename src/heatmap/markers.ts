/** Numbers at places, set aside so that they hide neither the places nor each other. Pure. */
import type { LonLat } from '../types.ts'
import type { MapView } from './map-view.ts'
import type { TextPaths } from './text-paths.ts'

const RADIUS = 11
const REACHES_PX = [26, 40, 58, 80]
const DIRECTIONS = [-45, 45, -135, 135, 0, 180, -90, 90].map((degrees) => (degrees * Math.PI) / 180)

interface Spot {
  readonly x: number
  readonly y: number
}

/** Draws the numbers of places, from 1, in map px. */
export function drawMarkers(marked: readonly LonLat[], view: MapView, text: TextPaths): string {
  const places = marked.map((place): Spot => {
    const [x, y] = view.toPx(place)
    return { x, y }
  })
  const taken: Spot[] = [...places]
  const drawn = places.map((place, i) => {
    if (!isIn(view, place)) return ''
    const label = findSpot(place, taken, view)
    taken.push(label)
    return [
      `<path stroke="#fff" stroke-width="3.5" d="M${place.x} ${place.y}L${label.x} ${label.y}"/>`,
      `<path stroke="#111" stroke-width="1.5" d="M${place.x} ${place.y}L${label.x} ${label.y}"/>`,
      `<circle cx="${place.x}" cy="${place.y}" r="3.5" fill="#fff" stroke="#111" stroke-width="1.5"/>`,
      `<circle cx="${label.x}" cy="${label.y}" r="${RADIUS}" fill="#fff" stroke="#111" stroke-width="1.5"/>`,
      text.draw(
        String(i + 1),
        { x: label.x, y: label.y + 4.8 },
        { sizePx: 13, isBold: true, anchor: 'middle' },
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
