/** The plan of the town comes in, its picture from above leaves: 0.5 m/px, north up, synthetic. */
import { createCanvas, fill, tint } from './canvas.ts'
import { drawBuildingShadow, drawItem, drawRoof, drawTree, GSD, Overhead } from './overhead.ts'
import { createNoise, createRandom } from './random.ts'
import { box, rectangle, ribbon, shift, stations } from './shapes.ts'
import { shadeOf } from './surfaces.ts'
import type { Canvas } from './canvas.ts'
import type { Building, Item, Surface, TownPlan, Way } from './features.ts'
import type { Extent, Ring } from './shapes.ts'

/** Draws what the plan shows of an extent in metres. */
export function drawOrthophoto(plan: TownPlan, extent: Extent, seed: number): Canvas {
  const random = createRandom(seed + 1)
  const width = Math.round((extent.east - extent.west) / GSD)
  const height = Math.round((extent.north - extent.south) / GSD)
  const grain = { coarse: createNoise(random, 4), fine: createNoise(random, 1) }
  const view = new Overhead(createCanvas(width, height), extent, grain)
  drawGround(view, plan)
  for (const way of plan.ways.filter(({ line }) => view.isInView(line))) drawWay(view, way)
  for (const { line, widthM, colour } of plan.markings) {
    if (view.isInView(line)) view.line(line, widthM, colour)
  }
  drawThings(view, plan)
  weather(view.canvas, seed)
  return view.canvas
}

function drawGround(view: Overhead, { areas }: TownPlan): void {
  const meadow = { surface: 'garden', colour: 0x86955c, angle: 0 } as const
  fill(view.canvas, [view.px(rectangle(view.extent))], { shade: shadeOf(meadow, view.grain) })
  for (const area of areas) {
    if (!view.isInView(area.rings.flat())) continue
    const rings = area.rings.map((ring) => view.px(ring))
    fill(view.canvas, rings, { shade: shadeOf(area, view.grain) })
  }
}

/** Colour of each surface that ways are made of. */
const WAY_COLOURS: Partial<Record<Surface, number>> = {
  asphalt: 0x77777a,
  gravel: 0xb3a283,
  path: 0xb9ab90,
  rail: 0x8b8177,
}

function drawWay(view: Overhead, way: Way): void {
  const colour = WAY_COLOURS[way.surface]
  if (colour === undefined) return
  const surface = (widthM: number, rgb: number): void => {
    const ring = view.px(ribbon(way.line, widthM))
    fill(view.canvas, [ring], { shade: shadeOf({ ...way, colour: rgb, angle: 0 }, view.grain) })
  }
  if (way.lanes) surface(way.widthM + 1, tint(colour, 1.25))
  surface(way.widthM, colour)
  if (way.surface === 'rail') drawRails(view, way)
  if (way.lanes) drawLaneMarks(view, way)
}

function drawRails(view: Overhead, { line }: Way): void {
  for (const { at, angle } of stations(line, 1.3)) {
    view.paint(box({ at, angle }, 0.5, 2.5), 0x5d544c, 0.05)
  }
  for (const offset of [-0.75, 0.75]) view.line(shift(line, offset), 0.3, 0xc2bdb6)
}

function drawLaneMarks(view: Overhead, { line, widthM }: Way): void {
  for (const offset of [widthM / 2 - 0.4, 0.4 - widthM / 2]) {
    view.line(shift(line, offset), 0.25, 0xd8d6ce)
  }
  for (const station of stations(line, 9)) view.paint(box(station, 4, 0.3), 0xdedcd4, 0)
}

/** Low things before high ones, and all shadows of buildings before the first roof. */
function drawThings(view: Overhead, { buildings, items, trees }: TownPlan): void {
  const seen = buildings.filter(({ ring }) => view.isInView(ring))
  const isHigh = ({ kind }: Item): boolean => kind === 'crane'
  const near = items.filter(({ station, size }) => view.isInView(box(station, ...size)))
  for (const item of near) if (!isHigh(item)) drawItem(view, item)
  for (const building of seen) drawBuildingShadow(view, building)
  for (const building of byNorth(seen)) drawRoof(view, building)
  for (const item of near) if (isHigh(item)) drawItem(view, item)
  for (const tree of trees) {
    const ring: Ring = box({ at: tree.at, angle: 0 }, 4 * tree.radiusM, 4 * tree.radiusM)
    if (view.isInView(ring)) drawTree(view, tree)
  }
}

function byNorth(buildings: readonly Building[]): Building[] {
  return [...buildings].sort((a, b) => b.station.at[1] - a.station.at[1])
}

/** Haze (a bluish lift of the darks) and the sensor's noise. */
function weather({ data }: Canvas, seed: number): void {
  const random = createRandom(seed + 2)
  const noise = Int8Array.from({ length: 65_521 }, () => Math.round((random() + random() - 1) * 5))
  for (let at = 0, pixel = 0; at < data.length; at += 3, pixel++) {
    const grain = noise[pixel % noise.length] ?? 0
    data[at] = 14 + 0.93 * (data[at] ?? 0) + grain
    data[at + 1] = 17 + 0.93 * (data[at + 1] ?? 0) + grain
    data[at + 2] = 24 + 0.91 * (data[at + 2] ?? 0) + grain
  }
}
