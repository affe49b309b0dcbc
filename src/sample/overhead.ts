/** Things with a height, seen from above: buildings, cars, boats, trees, each with its shadow. */
import { darken, fill, tint } from './canvas.ts'
import { box, extentOf, from, hull, overlaps, ribbon } from './shapes.ts'
import type { Canvas } from './canvas.ts'
import type { Building, Item, Tree } from './features.ts'
import type { Extent, Point, Ring } from './shapes.ts'
import type { Grain } from './surfaces.ts'

/** Metres per pixel. */
export const GSD = 0.5

/** Towards the sun in the plan: south-south-east, 45° high. */
const SUN: Point = [0.42, -0.91]

/** A canvas that shows an extent of the plan, north up. */
export class Overhead {
  readonly canvas: Canvas
  readonly grain: Grain
  readonly extent: Extent

  constructor(canvas: Canvas, extent: Extent, grain: Grain) {
    this.canvas = canvas
    this.extent = extent
    this.grain = grain
  }

  isInView(ring: Ring): boolean {
    return overlaps(extentOf(ring), this.extent)
  }

  px(ring: Ring): Ring {
    const { west, north } = this.extent
    return ring.map(([x, y]) => [(x - west) / GSD, (north - y) / GSD])
  }

  /** One plain colour, a little rough. */
  paint(ring: Ring, colour: number, roughness = 0.05): void {
    const { fine } = this.grain
    const shade = (x: number, y: number): number => tint(colour, 1 + roughness * fine(x, y))
    fill(this.canvas, [this.px(ring)], { shade })
  }

  line(line: readonly Point[], widthM: number, colour: number): void {
    fill(this.canvas, [this.px(ribbon(line, widthM))], { shade: colour, opacity: 0.85 })
  }

  /** The shadow of a convex thing. */
  shadow(ring: Ring, heightM: number): void {
    darken(this.canvas, [this.px(hull([...ring, ...cast(ring, heightM)]))], 0.42)
  }
}

/** Where the top of a thing throws its shadow. */
function cast(ring: Ring, heightM: number): Ring {
  return ring.map(([x, y]) => [x - SUN[0] * heightM, y - SUN[1] * heightM])
}

/** Shadow of a building; drawn for all buildings before any roof. */
export function drawBuildingShadow(view: Overhead, { ring, hole, heightM }: Building): void {
  if (!hole) {
    view.shadow(ring, heightM)
    return
  }
  const outline = hull([...ring, ...cast(ring, heightM)])
  darken(view.canvas, [view.px(outline), view.px(cast(hole, heightM))], 0.5)
}

/** The roof of a building. */
export function drawRoof(view: Overhead, building: Building): void {
  if (building.roof === 'gable') drawGable(view, building)
  else if (building.hole) drawOpenRoof(view, building)
  else drawFlatRoof(view, building)
}

function drawGable(view: Overhead, { station, size, colour }: Building): void {
  const [a, b] = [size[0] / 2, size[1] / 2]
  for (const side of [1, -1]) {
    const slope: Ring = [
      from(station, -a, 0),
      from(station, a, 0),
      from(station, a, side * b),
      from(station, -a, side * b),
    ]
    const facing = from({ at: [0, 0], angle: station.angle }, 0, side)
    const light = 0.92 + 0.33 * (facing[0] * SUN[0] + facing[1] * SUN[1])
    view.paint(slope, tint(colour, light), 0.1)
  }
  view.line([from(station, -a, 0), from(station, a, 0)], 0.4, tint(colour, 1.25))
  const chimney = box({ at: from(station, a * 0.5, b * 0.3), angle: station.angle }, 0.9, 0.9)
  view.shadow(chimney, 1.8)
  view.paint(chimney, 0x8c6a5c)
}

function drawOpenRoof(view: Overhead, { ring, hole = [], colour, station }: Building): void {
  const { fine } = view.grain
  const [middle] = view.px([station.at])
  const shade = (x: number, y: number): number => {
    const angle = Math.atan2(y - (middle?.[1] ?? 0), x - (middle?.[0] ?? 0))
    const isBeam = Math.abs(((angle * 60) / Math.PI) % 2) < 0.25
    return tint(colour, (isBeam ? 0.86 : 1) + 0.04 * fine(x, y))
  }
  fill(view.canvas, [view.px(ring), view.px(hole)], { shade })
}

function drawFlatRoof(view: Overhead, { station, ring, size, roof, colour }: Building): void {
  view.paint(ring, tint(colour, 1.14), 0.03)
  view.paint(box(station, size[0] - 1.4, size[1] - 1.4), colour, 0.08)
  const [a, b] = [size[0] / 2 - 2, size[1] / 2 - 2]
  if (roof === 'sheds') {
    for (let u = -a; u < a; u += 6) {
      view.line([from(station, u, -b), from(station, u, b)], 0.5, tint(colour, 0.86))
      view.line(
        [from(station, u + 3, -b * 0.8), from(station, u + 3, b * 0.8)],
        1,
        tint(colour, 1.2),
      )
    }
    return
  }
  for (let u = -a + 4; u < a - 3; u += 12.5) {
    const hut = box({ at: from(station, u, b * 0.25), angle: station.angle }, 4, 3)
    view.shadow(hut, 2.5)
    view.paint(hut, tint(colour, 1.1))
  }
}

/** A car, boat, ship, wagon, container or crane. */
export function drawItem(view: Overhead, item: Item): void {
  DRAW_ITEM[item.kind](view, item)
}

const DRAW_ITEM: Readonly<Record<Item['kind'], (view: Overhead, item: Item) => void>> = {
  car: (view, { station, size, heightM, colour }) => {
    const [length, width] = size
    const part = (forward: number, share: Point): Ring =>
      box({ at: from(station, forward, 0), angle: station.angle }, share[0], share[1])
    view.shadow(box(station, length, width), heightM)
    view.paint(box(station, length, width), colour, 0.03)
    view.paint(part(length * 0.16, [0.8, width * 0.86]), 0x24282c, 0)
    view.paint(part(-length * 0.32, [0.6, width * 0.8]), 0x2c3034, 0)
  },
  boat: (view, { station, size, heightM, colour }) => {
    const deck = bow(station, size)
    view.shadow(deck, heightM)
    view.paint(deck, colour, 0.04)
    const at = from(station, -size[0] * 0.27, 0)
    view.paint(box({ at, angle: station.angle }, size[0] * 0.3, size[1] * 0.6), 0xb89b74)
    const cabin = from(station, size[0] * 0.06, 0)
    view.paint(box({ at: cabin, angle: station.angle }, 1.2, size[1] * 0.62), 0x2c3a46, 0)
  },
  ship: drawShip,
  wagon: (view, { station, size, heightM, colour }) => {
    view.shadow(box(station, ...size), heightM)
    view.paint(box(station, ...size), colour)
    view.paint(box(station, size[0] - 1.5, size[1] - 1.2), tint(colour, 0.75), 0.15)
  },
  container: (view, { station, size, heightM, colour }) => {
    view.shadow(box(station, ...size), heightM)
    view.paint(box(station, ...size), colour)
  },
  crane: (view, { station, size, heightM, colour }) => {
    const beam = (left: number): Ring => {
      const at = from(station, 4, left)
      return box({ at, angle: station.angle }, size[0], 1.4)
    }
    const frame = [beam(-3), beam(3), box(station, 3, size[1])]
    for (const ring of frame) view.shadow(ring, heightM * 0.5)
    for (const ring of frame) view.paint(ring, colour)
  },
}

/** A hull with its bow forward. */
function bow(station: Item['station'], [length, width]: Point): Ring {
  const [a, b] = [length / 2, width / 2]
  return [
    from(station, -a, -b * 0.85),
    from(station, a * 0.2, -b),
    from(station, a * 0.7, -b * 0.6),
    from(station, a, 0),
    from(station, a * 0.7, b * 0.6),
    from(station, a * 0.2, b),
    from(station, -a, b * 0.85),
  ]
}

function drawShip(view: Overhead, { station, size, heightM, colour }: Item): void {
  const [length, width] = size
  view.shadow(bow(station, size), heightM)
  view.paint(bow(station, size), colour)
  view.paint(bow(station, [length - 3, width - 2]), tint(0x9c5a48, 0.9), 0.08)
  for (let u = -length * 0.26; u < length * 0.3; u += 12) {
    const hatch = box({ at: from(station, u, 0), angle: station.angle }, 10.5, width * 0.62)
    view.shadow(hatch, 2)
    view.paint(hatch, 0xb5b3aa)
  }
  const bridge = box({ at: from(station, -length * 0.4, 0), angle: station.angle }, 9, width * 0.8)
  view.shadow(bridge, 11)
  view.paint(bridge, 0xe9e9e6)
}

/** A crown, lit from the sun's side. */
export function drawTree(view: Overhead, { at, radiusM, colour }: Tree): void {
  const count = 11
  const ring = Array.from({ length: count }, (_, index): Point => {
    const angle = (2 * Math.PI * index) / count
    const reach =
      radiusM * (1 + 0.16 * Math.sin(angle * 3 + at[0]) + 0.1 * Math.sin(angle * 5 + at[1]))
    return [at[0] + reach * Math.cos(angle), at[1] + reach * Math.sin(angle)]
  })
  darken(view.canvas, [view.px(cast(ring, radiusM * 1.5))], 0.5)
  const [[cx, cy] = [0, 0]] = view.px([at])
  const reachPx = radiusM / GSD
  const { fine } = view.grain
  const shade = (x: number, y: number): number => {
    const lit = ((x + 0.5 - cx) * SUN[0] - (y + 0.5 - cy) * SUN[1]) / reachPx
    return tint(colour, 1 + 0.42 * lit + 0.28 * fine(x * 2, y * 2))
  }
  fill(view.canvas, [view.px(ring)], { shade })
}
