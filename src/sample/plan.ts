/**
 * A seed comes in, the plan of the synthetic town leaves: the one source of its map and its image.
 */
import { addFields, addForest, addPark, addRiver } from './countryside.ts'
import { Draft } from './features.ts'
import { addHarbour, addHarbourGround } from './harbour.ts'
import { addFlats, addHouses, addSuburbStreets } from './housing.ts'
import { addCarPark, addPitch, addShop, addStadium } from './leisure.ts'
import { createRandom } from './random.ts'
import { addRailway, addThroughRoads, joinRoads } from './streets.ts'
import type { Fields } from './countryside.ts'
import type { TownPlan } from './features.ts'
import type { Suburb } from './housing.ts'
import type { Extent } from './shapes.ts'

/** Side of the whole town in metres (2.56 km²). */
export const TOWN_SIZE_M = 1600

const SUBURBS: readonly Suburb[] = [
  {
    extent: extent(-110, 862, 540, 1158),
    rows: [900, 966, 1032, 1098],
    lanes: [-36, 150, 340, 530],
    name: 'Weir Side',
  },
  {
    extent: extent(520, 222, 782, 566),
    rows: [256, 322, 388, 454, 520],
    lanes: [530, 690],
    name: 'Orchard',
  },
  {
    extent: extent(824, 222, 1130, 556),
    rows: [256, 322, 388, 454, 520],
    lanes: [930, 1120],
    name: 'Hill Top',
  },
]

const FIELDS: readonly Fields[] = [
  { extent: extent(-110, -110, 508, 545), columns: 3, rows: 4 },
  { extent: extent(522, -110, 790, 210), columns: 2, rows: 2 },
  { extent: extent(812, -110, 1136, 210), columns: 2, rows: 2 },
  { extent: extent(1142, 215, 1710, 560), columns: 3, rows: 3 },
  { extent: extent(848, 1330, 1710, 1710), columns: 4, rows: 3 },
]

/** Lays out the whole town; the same seed gives the same town. */
export function planTown(seed: number): TownPlan {
  const draft = new Draft(TOWN_SIZE_M, createRandom(seed))
  addHarbourGround(draft)
  for (const fields of FIELDS) addFields(draft, fields)
  for (const suburb of SUBURBS) addSuburbStreets(draft, suburb)
  addRiver(draft)
  addThroughRoads(draft)
  addRailway(draft)
  addHarbour(draft)
  addFlats(draft, extent(-110, 655, 392, 826))
  addCarPark(draft, extent(548, 656, 776, 820), 0.75)
  addShop(draft, { at: [482, 738], angle: 0 }, [104, 120])
  addCarPark(draft, extent(850, 648, 1160, 822), 0.82)
  addStadium(draft, [1300, 735])
  for (const y of [692, 778]) addPitch(draft, { at: [1550, y], angle: 0 }, 0.97)
  for (const suburb of SUBURBS) addHouses(draft, suburb)
  addPark(draft, extent(570, 870, 772, 1150))
  addForest(draft, extent(-120, 1345, 780, 1720), 'North Wood')
  addForest(draft, extent(1150, -120, 1720, 195), 'South Wood')
  const { sizeM, areas, buildings, items, trees, markings } = draft
  return { sizeM, areas, buildings, items, trees, markings, ways: joinRoads(draft.ways) }
}

function extent(...[west, south, east, north]: [number, number, number, number]): Extent {
  return { west, south, east, north }
}
