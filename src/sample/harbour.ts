/**
 * The water front: a marina, a port basin with quays and ships, warehouses, stacks of containers.
 */
import { pick, uniform } from './random.ts'
import { box, from, rectangle, stations } from './shapes.ts'
import { addRoad } from './streets.ts'
import { addCar } from './housing.ts'
import type { Draft, Tags } from './features.ts'
import type { Extent, Point, Station } from './shapes.ts'

const MARINA: Extent = { west: 835, south: 1022, east: 1112, north: 1166 }
const PORT: Extent = { west: 1196, south: 1022, east: 1436, north: 1170 }
const GROUND: Extent = { west: 812, south: 856, east: 1664, north: 1136 }

/** Paved ground, before the river is laid over its edge. */
export function addHarbourGround(draft: Draft): void {
  draft.areas.push({
    rings: [rectangle(GROUND)],
    surface: 'concrete',
    angle: 0,
    colour: 0x9b978f,
    tags: { landuse: 'industrial', name: 'Sample Harbour' },
  })
}

/** The basins with everything that floats, and the roads of the harbour. */
export function addHarbour(draft: Draft): void {
  addBasin(draft, MARINA, { leisure: 'marina', natural: 'water', name: 'Sample Marina' })
  addBasin(draft, PORT, { natural: 'water', water: 'harbour', name: 'Sample Port' })
  const road = (points: readonly Point[]): void => addRoad(draft, points, { highway: 'service' })
  road([
    [798, 1004],
    [1730, 1004],
  ])
  for (const x of [1154, 1462]) {
    road([
      [x, 1004],
      [x, 1132],
    ])
  }
  for (const x of [900, 1240, 1560]) {
    road([
      [x, 842],
      [x, 1004],
    ])
  }
  addPontoons(draft)
  addShips(draft)
  addWarehouses(draft)
  addContainers(draft)
}

function addBasin(draft: Draft, extent: Extent, tags: Tags): void {
  const { west, south, east, north } = extent
  const quay = rectangle({ west: west - 5, south: south - 5, east: east + 5, north: north - 26 })
  draft.areas.push({ rings: [quay], surface: 'concrete', angle: 0, colour: 0xb9b3a6, tags: {} })
  const water = rectangle(extent)
  draft.areas.push({ rings: [water], surface: 'water', angle: 0, colour: 0x2f474c, tags })
  draft.takeRing(rectangle({ west: west - 8, south: south - 8, east: east + 8, north }))
}

const HULLS = [0xf2f2ee, 0xeceae4, 0xf6f6f4, 0xe4e6e8, 0xdadde0, 0x2d4668, 0xcfc6b4] as const

/** Piers from the south quay, boats side by side along both edges. */
function addPontoons(draft: Draft): void {
  for (let x = MARINA.west + 24; x < MARINA.east - 12; x += 42) {
    const line: Point[] = [
      [x, MARINA.south - 6],
      [x, MARINA.north - 34],
    ]
    addRoad(draft, [[x, 1005], ...line], { highway: 'footway', man_made: 'pier' })
    draft.areas.push({
      rings: [
        box({ at: [x, (MARINA.south + MARINA.north - 34) / 2], angle: Math.PI / 2 }, 110, 2.8),
      ],
      surface: 'planks',
      angle: 0,
      colour: 0xb7aa94,
      tags: {},
    })
    for (const station of stations(line, 5.6)) {
      if (station.at[1] < MARINA.south + 6) continue
      moor(draft, { at: station.at, angle: 0 })
      moor(draft, { at: station.at, angle: Math.PI })
    }
  }
}

function moor(draft: Draft, side: Station): void {
  if (draft.random() < 0.14) return
  const length = uniform(draft.random, 9.5, 14.5)
  const station = { at: from(side, 2 + length / 2, 0), angle: side.angle }
  const size: Point = [length, uniform(draft.random, 3.2, 4.3)]
  draft.items.push({ kind: 'boat', station, size, heightM: 2, colour: pick(draft.random, HULLS) })
}

function addShips(draft: Draft): void {
  const up = Math.PI / 2
  const ship = (at: Point, size: Point, colour: number): void => {
    const station = { at, angle: up }
    draft.items.push({ kind: 'ship', station, size, heightM: 9, colour })
  }
  ship([PORT.west + 12, 1088], [104, 17], 0x7d2f28)
  ship([PORT.east - 12, 1084], [92, 15], 0x2b3f55)
  ship([PORT.east - 30, 1078], [46, 10], 0x3f5648)
  ship([PORT.west + 70, 1050], [30, 8], 0x8d8d86)
  for (let x = PORT.west + 90; x < PORT.east - 50; x += 9) {
    moor(draft, { at: [x, PORT.south + 1], angle: up })
  }
  for (const y of [1052, 1096]) {
    const crane = { at: [PORT.west - 10, y] as const, angle: Math.PI }
    draft.items.push({
      kind: 'crane',
      station: crane,
      size: [34, 12],
      heightM: 22,
      colour: 0xd4a82e,
    })
  }
}

function addWarehouses(draft: Draft): void {
  const colours = [0xb7bcbf, 0x9aa3a8, 0xc9c6bd, 0x8a9098, 0xa9b0a5] as const
  for (let x = 862; x < 1640; x += 86) {
    for (const y of [896, 962]) {
      const at: Point = [x + uniform(draft.random, -3, 3), y]
      const size: Point = [uniform(draft.random, 58, 70), uniform(draft.random, 36, 44)]
      const station: Station = { at, angle: 0 }
      const ring = box(station, ...size)
      if (!draft.isFree([at[0] - 34, y], 2) || !draft.isFree([at[0] + 34, y], 2)) continue
      draft.takeRing(ring)
      const colour = pick(draft.random, colours)
      const tags = { building: 'warehouse' }
      draft.buildings.push({ station, ring, size, heightM: 10, roof: 'sheds', colour, tags })
    }
  }
  for (let x = 840; x < 1640; x += 3.1) {
    if (draft.random() < 0.45 && draft.isFree([x, 929], 2)) {
      addCar(draft, { at: [x, 929], angle: Math.PI / 2 })
    }
  }
}

const BOXES = [0xa8402f, 0x2f5a86, 0x3c7a52, 0xc98b2e, 0x8c8f92, 0xd8d4ca, 0x6a3a6a] as const

function addContainers(draft: Draft): void {
  const stacks: Extent[] = [
    { west: 1122, south: 1020, east: 1150, north: 1128 },
    { west: 1158, south: 1020, east: 1182, north: 1128 },
    { west: 1470, south: 1020, east: 1650, north: 1096 },
  ]
  for (const { west, south, east, north } of stacks) {
    for (let x = west + 6; x < east - 5; x += 12.9) addStack(draft, [x, south], north)
  }
}

/** A column of containers from a point to `north`, with a gap after every eight rows. */
function addStack(draft: Draft, [x, south]: Point, north: number): void {
  for (let y = south; y < north; y += 2.7) {
    const hasGap = Math.floor((y - south) / 2.7) % 9 === 8
    if (hasGap || draft.random() < 0.18) continue
    draft.items.push({
      kind: 'container',
      station: { at: [x, y], angle: 0 },
      size: [12.2, 2.5],
      heightM: pick(draft.random, [2.6, 5.2, 7.8]),
      colour: pick(draft.random, BOXES),
    })
  }
}
