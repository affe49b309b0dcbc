/** Where people live: streets of houses with gardens, and blocks of flats. */
import { addRoad } from './streets.ts'
import { pick, uniform } from './random.ts'
import { box, extentOf, from, rectangle, stations } from './shapes.ts'
import type { Draft } from './features.ts'
import type { Extent, Point, Station } from './shapes.ts'

/** A district of curved streets, `rows` of them, joined by lanes at the `lanes` (x in metres). */
export interface Suburb {
  readonly extent: Extent
  readonly rows: readonly number[]
  readonly lanes: readonly number[]
  readonly name: string
}

/** Lays the streets of a suburb and its gardens; houses come when all roads lie. */
export function addSuburbStreets(draft: Draft, { extent, rows, lanes, name }: Suburb): void {
  draft.areas.push({
    rings: [rectangle(extent)],
    surface: 'garden',
    angle: 0,
    colour: 0x7d8f55,
    tags: { landuse: 'residential', name },
  })
  rows.forEach((y, index) => {
    addRoad(draft, rowLine(extent, y), { highway: 'residential', name: `${name} Row ${index + 1}` })
  })
  lanes.forEach((x, index) => {
    const line: Point[] = [
      [x, extent.south],
      [x + 3, (extent.south + extent.north) / 2],
      [x, extent.north],
    ]
    addRoad(draft, line, { highway: 'residential', name: `${name} Lane ${index + 1}` })
  })
}

function rowLine({ west, east }: Extent, y: number): Point[] {
  const count = Math.round((east - west) / 20)
  return Array.from({ length: count + 1 }, (_, index) => {
    const x = west + ((east - west) * index) / count
    return [x, y + 7 * Math.sin(x / 60)]
  })
}

/** Builds houses, drives, hedges and trees along both sides of a suburb's rows. */
export function addHouses(draft: Draft, { extent, rows }: Suburb): void {
  for (const y of rows) {
    for (const station of stations(rowLine(extent, y), 19)) {
      addPlot(draft, station)
      addPlot(draft, { at: station.at, angle: station.angle + Math.PI })
    }
  }
}

const ROOFS = [0xa0563f, 0x8f4a37, 0xb36a4c, 0x7a4a3c, 0x6b6460, 0x59565a, 0x93847a] as const

/** One plot on the left of a street: 19 m wide, 31 m deep. */
function addPlot(draft: Draft, street: Station): void {
  const { random } = draft
  const setback = uniform(random, 13.5, 16)
  const at = from(street, uniform(random, -1.5, 1.5), setback)
  const isAcross = random() < 0.25
  const house: Station = { at, angle: street.angle + (isAcross ? Math.PI / 2 : 0) }
  const size: Point = [uniform(random, 11, 13.5), uniform(random, 8, 9.5)]
  const ring = box(house, ...size)
  if (!draft.isFree(at, 7)) return
  draft.takeRing(ring)
  draft.buildings.push({
    station: house,
    ring,
    size,
    heightM: uniform(random, 5.5, 7.5),
    roof: 'gable',
    colour: pick(random, ROOFS),
    tags: { building: 'house' },
  })
  addDrive(draft, street, setback)
  addGarden(draft, street)
}

function addDrive(draft: Draft, street: Station, setback: number): void {
  const middle = setback / 2 + 2
  draft.areas.push({
    rings: [box({ at: from(street, 7.6, middle), angle: street.angle }, 3, setback - 1)],
    surface: 'concrete',
    angle: street.angle,
    colour: 0xaaa297,
    tags: {},
  })
  if (draft.random() > 0.6) return
  const station = { at: from(street, 7.6, middle + 1), angle: street.angle + Math.PI / 2 }
  addCar(draft, station)
}

function addGarden(draft: Draft, street: Station): void {
  const { random } = draft
  if (random() < 0.12) {
    const pool = box({ at: from(street, uniform(random, -5, 2), 26), angle: street.angle }, 7, 3.6)
    draft.areas.push({ rings: [pool], surface: 'water', angle: 0, colour: 0x58b4c8, tags: {} })
    draft.take(pool, 1)
  }
  for (let count = 0; count < 5; count++) {
    const at = from(street, uniform(random, -9, 9), uniform(random, 19, 31))
    addTree(draft, at, uniform(random, 1.4, 3.6))
  }
  addTree(draft, from(street, uniform(random, -9, 4), 6.5), uniform(random, 1, 2.2))
}

const CROWNS = [0x4c6a35, 0x56743b, 0x43602f, 0x62803f, 0x3d5a33] as const

/** Plants a tree where the ground is free. */
export function addTree(draft: Draft, at: Point, radiusM: number): void {
  if (!draft.isFree(at, radiusM * 0.6)) return
  draft.trees.push({ at, radiusM, colour: pick(draft.random, CROWNS) })
}

const PAINTS = [
  0xe8e8e8, 0xe2e4e6, 0xc3c6c9, 0x9a9ea3, 0x5c6167, 0x2d3035, 0x26282c, 0x8e2b25, 0x2f4a78,
  0xb9b2a1,
] as const

/** Parks a car. */
export function addCar(draft: Draft, station: Station): void {
  draft.items.push({
    kind: 'car',
    station,
    size: [uniform(draft.random, 4.1, 4.9), 1.85],
    heightM: 1.5,
    colour: pick(draft.random, PAINTS),
  })
}

/** Slabs of flats in rows, lawns and parking strips between them. */
export function addFlats(draft: Draft, extent: Extent): void {
  draft.areas.push({
    rings: [rectangle(extent)],
    surface: 'lawn',
    angle: 0.3,
    colour: 0x74894e,
    tags: { landuse: 'residential', residential: 'apartments' },
  })
  const rows = [extent.south + 26, (extent.south + extent.north) / 2 + 3, extent.north - 22]
  const middle = rows.slice(1).map((y, index) => (y + (rows[index] ?? y)) / 2)
  middle.forEach((y, index) => {
    const line: Point[] = [
      [extent.west, y],
      [extent.east + 6, y],
    ]
    addRoad(draft, line, { highway: 'residential', name: `Tower Road ${index + 1}` })
    for (const station of stations(line, 2.7)) {
      if (draft.random() < 0.7 && draft.isFree(from(station, 0, 6.4), 0)) {
        addCar(draft, { at: from(station, 0, 5.6), angle: Math.PI / 2 })
      }
    }
  })
  addRoad(draft, laneUp(extent), { highway: 'residential', name: 'Tower Lane' })
  rows.forEach((y) => addSlabs(draft, { ...extent, south: y, north: y }))
}

function laneUp({ east, south, north }: Extent): Point[] {
  return [
    [east + 6, south + 20],
    [east + 6, north + 14],
  ]
}

function addSlabs(draft: Draft, { west, east, south: y }: Extent): void {
  for (let x = west + 44; x + 30 < east; x += 84) {
    const station: Station = { at: [x, y], angle: uniform(draft.random, -0.05, 0.05) }
    const size: Point = [62, 13.5]
    const ring = box(station, ...size)
    draft.takeRing(box(station, 64, 16))
    const colour = pick(draft.random, [0xb8b2a8, 0xa7a4a0, 0xc6beb0, 0x8f8c89])
    const heightM = uniform(draft.random, 17, 26)
    const tags = { building: 'apartments', 'building:levels': String(Math.round(heightM / 3)) }
    draft.buildings.push({ station, ring, size, heightM, roof: 'flat', colour, tags })
  }
  const { south, north } = extentOf([
    [0, y - 18],
    [0, y + 18],
  ])
  for (let count = 0; count < (east - west) / 9; count++) {
    const at: Point = [uniform(draft.random, west, east), uniform(draft.random, south, north)]
    addTree(draft, at, uniform(draft.random, 2, 4))
  }
}
