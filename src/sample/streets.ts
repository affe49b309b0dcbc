/** Streets of the sample town: where they run, and how they are joined into one network. */
import {
  distance,
  extentOf,
  nearestOn,
  overlaps,
  segments,
  shift,
  smooth,
  stations,
} from './shapes.ts'
import type { Draft, Surface, Tags, Way } from './features.ts'
import type { Point } from './shapes.ts'

/** Width and surface of each class of road. */
const CLASSES = {
  primary: { widthM: 11, surface: 'asphalt', lanes: 2 },
  tertiary: { widthM: 8, surface: 'asphalt', lanes: 2 },
  residential: { widthM: 6.5, surface: 'asphalt', lanes: 0 },
  service: { widthM: 6, surface: 'asphalt', lanes: 0 },
  track: { widthM: 3.2, surface: 'gravel', lanes: 0 },
  path: { widthM: 2, surface: 'path', lanes: 0 },
  footway: { widthM: 2.6, surface: 'path', lanes: 0 },
} as const satisfies Record<string, { widthM: number; surface: Surface; lanes: number }>

/** A `highway` value that the town uses. */
export type RoadClass = keyof typeof CLASSES

/** Lays a road and keeps its ground. */
export function addRoad(draft: Draft, line: readonly Point[], tags: Tags & { highway: RoadClass }) {
  const { widthM, surface, lanes } = CLASSES[tags.highway]
  draft.ways.push({ line, widthM, surface, lanes, tags })
  draft.take(
    stations(line, 2).map(({ at }) => at),
    widthM / 2 + 1,
  )
}

/** The roads that cross the whole town, from edge to edge. */
export function addThroughRoads(draft: Draft): void {
  const through = (highway: RoadClass, name: string, points: readonly Point[]): void =>
    addRoad(draft, smooth(points), { highway, name })
  through('primary', 'Sample Avenue', [
    [800, -110],
    [801, 250],
    [806, 600],
    [800, 840],
    [797, 1000],
    [790, 1190],
    [800, 1300],
    [830, 1500],
    [822, 1710],
  ])
  through('primary', 'Synthetic Street', [
    [-110, 852],
    [300, 838],
    [800, 840],
    [1250, 843],
    [1710, 832],
  ])
  through('tertiary', 'North Bank', [
    [-110, 1310],
    [250, 1275],
    [500, 1305],
    [800, 1290],
    [1100, 1240],
    [1400, 1262],
    [1710, 1215],
  ])
}

/** The railway's main line, which the sidings follow. */
export const RAIL_LINE: readonly Point[] = smooth([
  [-110, 585],
  [300, 600],
  [800, 602],
  [1300, 592],
  [1710, 615],
])

/** Two main tracks, a yard of six sidings west of the avenue, and wagons on them. */
export function addRailway(draft: Draft): void {
  const yard = RAIL_LINE.filter(([x]) => x > 180 && x < 760)
  draft.areas.push({
    rings: [[...shift(yard, 34), ...shift(yard, -8).reverse()]],
    surface: 'ballast',
    angle: 0,
    colour: 0x8f857a,
    tags: { landuse: 'railway' },
  })
  const offsets = [-2.4, 2.4, 8, 13, 18, 23, 28]
  offsets.forEach((offset, index) => {
    const line = index < 2 ? RAIL_LINE : yard
    const track = shift(line, offset)
    draft.ways.push({
      line: track,
      widthM: index < 2 ? 4.6 : 4.2,
      surface: 'rail',
      tags: index < 2 ? { railway: 'rail', usage: 'main' } : { railway: 'rail', service: 'yard' },
    })
    draft.take(
      stations(track, 2).map(({ at }) => at),
      5,
    )
    if (index > 1) addWagons(draft, track)
  })
}

function addWagons(draft: Draft, track: readonly Point[]): void {
  const colours = [0x7a3b2c, 0x4d5a63, 0x9a8f83, 0x2f4a6b, 0x6b6f52]
  let colour = 0
  stations(track, 15).forEach((station, index) => {
    if (index % 9 === 0) colour = draft.random() < 0.35 ? -1 : Math.floor(draft.random() * 5)
    if (colour < 0) return
    draft.items.push({
      kind: 'wagon',
      station,
      size: [13.6, 2.9],
      heightM: 3.6,
      colour: colours[(colour + (index % 3)) % 5] ?? 0x777777,
    })
  })
}

/** Ends nearer than this to another road are led onto it. */
const JOIN_M = 14

/**
 * Gives roads that meet or cross a common point, so that the map is one network: loose ends near a
 * road are moved onto it, and every crossing becomes a vertex of both roads.
 */
export function joinRoads(ways: readonly Way[]): Way[] {
  const roads = ways.filter(({ tags }) => tags['highway'])
  const others = ways.filter(({ tags }) => !tags['highway'])
  const led = roads.map((road) => ({ ...road, line: leadEnds(road, roads) }))
  return [...led.map((road) => ({ ...road, line: withCrossings(road, led) })), ...others]
}

function leadEnds(road: Way, roads: readonly Way[]): Point[] {
  const lead = (end: Point): Point => {
    let best = end
    let bestM = JOIN_M
    for (const other of roads) {
      if (other === road) continue
      for (const pair of segments(other.line)) {
        const near = nearestOn(pair, end)
        if (distance(near, end) >= bestM) continue
        best = near
        bestM = distance(near, end)
      }
    }
    return best
  }
  return road.line.map((at, index) =>
    rounded(index === 0 || index === road.line.length - 1 ? lead(at) : at),
  )
}

function withCrossings(road: Way, roads: readonly Way[]): Point[] {
  const line: Point[] = []
  const push = (at: Point): void => {
    const last = line.at(-1)
    if (!last || distance(last, at) > 0.05) line.push(at)
  }
  for (const [a, b] of segments(road.line)) {
    const met = roads
      .filter((other) => other !== road)
      .flatMap((other) => segments(other.line).flatMap((pair) => meeting([a, b], pair)))
    met.sort((p, q) => distance(p, a) - distance(q, a))
    for (const at of [a, ...met]) push(at)
  }
  const end = road.line.at(-1)
  if (end && distance(line.at(-1) ?? end, end) <= 0.05) line.pop()
  return end ? [...line, end] : line
}

type Segment = readonly [Point, Point]

/** Where two segments cross or touch. */
function meeting(one: Segment, two: Segment): Point[] {
  if (!overlaps(extentOf(one), extentOf(two))) return []
  const touching = [
    ...two.filter((end) => distance(nearestOn(one, end), end) < 0.02),
    ...one.filter((end) => distance(nearestOn(two, end), end) < 0.02),
  ]
  if (touching.length > 0) return touching
  // In the same order from either road, or rounding could give them two points a centimetre apart.
  return one[0][0] < two[0][0] ? crossing(one, two) : crossing(two, one)
}

function crossing([p, q]: Segment, [r, s]: Segment): Point[] {
  const [d, e, f] = [direction(p, q), direction(r, s), direction(p, r)]
  const turn = d[0] * e[1] - d[1] * e[0]
  const t = (f[0] * e[1] - f[1] * e[0]) / turn
  const u = (f[0] * d[1] - f[1] * d[0]) / turn
  if (!(t >= 0 && t <= 1 && u >= 0 && u <= 1)) return []
  return [rounded([p[0] + t * d[0], p[1] + t * d[1]])]
}

function direction(a: Point, b: Point): Point {
  return [b[0] - a[0], b[1] - a[1]]
}

function rounded(at: Point): Point {
  return [Math.round(at[0] * 100) / 100, Math.round(at[1] * 100) / 100]
}
