/** Where people park and play: car parks, the supermarket, the stadium, soccer pitches. */
import { addCar, addTree } from './housing.ts'
import { box, from, oval, rectangle } from './shapes.ts'
import { addRoad } from './streets.ts'
import type { Draft } from './features.ts'
import type { Extent, Point, Ring, Station } from './shapes.ts'

const WHITE = 0xdedcd2
const UP = Math.PI / 2

/** Double rows of bays along aisles; `share` of the bays is taken. */
export function addCarPark(draft: Draft, extent: Extent, share: number): void {
  const { west, south, east, north } = extent
  draft.areas.push({
    rings: [rectangle(extent)],
    surface: 'asphalt',
    angle: 0,
    colour: 0x6d6c6b,
    tags: { amenity: 'parking', parking: 'surface' },
  })
  for (const x of [west + 5, east - 5]) {
    const line: Point[] = [
      [x, south + 6],
      [x, 842],
    ]
    addRoad(draft, line, { highway: 'service' })
  }
  for (let y = south + 9; y + 8 < north; y += 16.5) {
    const aisle: Point[] = [
      [west + 5, y],
      [east - 5, y],
    ]
    addRoad(draft, aisle, { highway: 'service', service: 'parking_aisle' })
    for (let x = west + 12; x < east - 12; x += 2.55) {
      addBay(draft, { at: [x, y], angle: 0 }, share)
      addBay(draft, { at: [x, y], angle: Math.PI }, share)
    }
    for (let x = west + 25; x < east - 20; x += 46) addTree(draft, [x, y + 8.2], 2)
  }
}

/** One bay on the left of an aisle, 2.55 m wide and 5 m deep. */
function addBay(draft: Draft, aisle: Station, share: number): void {
  const line = [from(aisle, 1.27, 3.2), from(aisle, 1.27, 8.1)]
  draft.markings.push({ line, widthM: 0.25, colour: WHITE })
  if (draft.random() > share) return
  const nose = draft.random() < 0.5 ? UP : -UP
  addCar(draft, { at: from(aisle, 0, 5.7), angle: aisle.angle + nose })
}

/** A large flat-roofed shop. */
export function addShop(draft: Draft, station: Station, size: Point): void {
  const ring = box(station, ...size)
  draft.takeRing(ring)
  const tags = { building: 'retail', shop: 'supermarket' }
  draft.buildings.push({ station, ring, size, heightM: 8, roof: 'flat', colour: 0xd2d0ca, tags })
}

/** A soccer pitch, 105 × 68 m when `scale` is 1, with all its lines. */
export function addPitch(draft: Draft, station: Station, scale: number): void {
  draft.areas.push({
    rings: [box(station, 113 * scale, 76 * scale)],
    surface: 'pitch',
    angle: station.angle,
    colour: 0x5f9445,
    tags: { leisure: 'pitch', sport: 'soccer' },
  })
  const outlines: Ring[] = [box(station, 105 * scale, 68 * scale)]
  for (const side of [-1, 1]) {
    const goal = (depth: number, width: number): Ring => {
      const at = from(station, side * (52.5 - depth / 2) * scale, 0)
      return box({ at, angle: station.angle }, depth * scale, width * scale)
    }
    outlines.push(goal(16.5, 40.3), goal(5.5, 18.3), goal(-2.4, 7.3))
  }
  outlines.push(oval(station.at, [9.15 * scale, 9.15 * scale]))
  outlines.push([from(station, 0, -34 * scale), from(station, 0, 34 * scale)])
  for (const ring of outlines) {
    draft.markings.push({ line: [...ring, ...ring.slice(0, 1)], widthM: 0.4, colour: 0xf2f4ee })
  }
}

/** A stadium: stands and roof all round a pitch, on a paved forecourt. */
export function addStadium(draft: Draft, at: Point): void {
  const [x, y] = at
  draft.areas.push({
    rings: [rectangle({ west: x - 128, south: y - 96, east: x + 128, north: y + 96 })],
    surface: 'concrete',
    angle: 0,
    colour: 0xa7a198,
    tags: { leisure: 'stadium', sport: 'soccer', name: 'Sample Stadium' },
  })
  const outer = oval(at, [104, 84], 5)
  const roof = oval(at, [82, 62], 6)
  draft.areas.push({
    rings: [outer, oval(at, [57, 39], 12)],
    surface: 'seats',
    angle: 0,
    colour: 0x3f5f97,
    tags: {},
  })
  addPitch(draft, { at, angle: 0 }, 0.98)
  draft.buildings.push({
    station: { at, angle: 0 },
    ring: outer,
    hole: roof,
    size: [208, 168],
    heightM: 17,
    roof: 'flat',
    colour: 0xd9dadb,
    tags: { building: 'stadium' },
  })
  draft.takeRing(outer)
  const around: Point[] = [
    [x - 122, y + 108],
    [x - 122, y - 88],
    [x + 122, y - 88],
    [x + 122, y + 108],
  ]
  addRoad(draft, around, { highway: 'service' })
}
