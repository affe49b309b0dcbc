/**
 * A camera at a person's height: sky, ground and boxes in perspective, in metres around the viewer.
 */
import { createCanvas, fill, mix, tint } from './canvas.ts'
import { createRandom, pick, uniform } from './random.ts'
import { oval, rectangle, ribbon } from './shapes.ts'
import type { Canvas, Shade } from './canvas.ts'
import type { Noise, Random } from './random.ts'
import type { Point, Ring } from './shapes.ts'

/** `[x, y, z]`: metres to the right, up from the ground, and away from the camera. */
export type Spot = readonly [x: number, y: number, z: number]

/** Where the camera stands and what the air is like. */
export interface GroundViewOptions {
  readonly seed: number
  /** Shared by all views: costly to make. */
  readonly noise: { readonly coarse: Noise; readonly fine: Noise }
  /** Row of the horizon, 0…1 from the top. */
  readonly horizon: number
  readonly heightM: number
  readonly sky: readonly [zenith: number, horizon: number]
}

const WIDTH = 1024
const HEIGHT = 768
const FOCAL_PX = 860

/** A picture in the making, far things first. */
export class GroundView {
  readonly canvas: Canvas = createCanvas(WIDTH, HEIGHT)
  readonly random: Random
  readonly coarse: Noise
  readonly fine: Noise
  readonly #horizonPx: number
  readonly #heightM: number
  readonly #sky: readonly [number, number]

  constructor({ seed, noise, horizon, heightM, sky }: GroundViewOptions) {
    this.random = createRandom(seed)
    this.coarse = noise.coarse
    this.fine = noise.fine
    this.#horizonPx = Math.round(horizon * HEIGHT)
    this.#heightM = heightM
    this.#sky = sky
    this.#drawSky()
  }

  /** Where a spot is seen, px. */
  project([x, y, z]: Spot): Point {
    const scale = FOCAL_PX / Math.max(0.5, z)
    return [WIDTH / 2 + x * scale, this.#horizonPx - (y - this.#heightM) * scale]
  }

  /** Fills a polygon of spots; farther ones take on the colour of the air. */
  paint(spots: readonly Spot[], colour: number, roughness = 0.06): void {
    const far = Math.min(...spots.map(([, , z]) => z))
    const hazed = this.#haze(colour, far)
    const shade: Shade = (x, y) => tint(hazed, 1 + roughness * this.fine(x * 1.3, y * 1.3))
    fill(this.canvas, [spots.map((spot) => this.project(spot))], { shade })
  }

  /** A line between spots, `widthM` wide. */
  line(spots: readonly Spot[], widthM: number, colour: number): void {
    const z = spots[0]?.[2] ?? 1
    const width = Math.max(0.7, (widthM * FOCAL_PX) / z)
    const ring = ribbon(
      spots.map((spot) => this.project(spot)),
      width,
    )
    fill(this.canvas, [ring], { shade: this.#haze(colour, z), opacity: 0.95 })
  }

  /** The ground up to the horizon, coloured by place. */
  ground(colourAt: (x: number, z: number) => number): void {
    const top = this.#horizonPx
    const ring = rectangle({ west: 0, south: top, east: WIDTH, north: HEIGHT })
    const shade: Shade = (px, py) => {
      const z = (FOCAL_PX * this.#heightM) / (py + 0.5 - top)
      const x = ((px + 0.5 - WIDTH / 2) * z) / FOCAL_PX
      return tint(this.#haze(colourAt(x, z), z), 1 + 0.05 * this.fine(px * 1.7, py * 1.7))
    }
    fill(this.canvas, [ring], { shade })
  }

  /** A box with lit front, darker sides, and its top when seen from above. */
  box(low: Spot, high: Spot, colour: number): void {
    const [[x0, y0, z0], [x1, y1, z1]] = [low, high]
    const top: Spot[] = [
      [x0, y1, z0],
      [x1, y1, z0],
      [x1, y1, z1],
      [x0, y1, z1],
    ]
    const side = (x: number): Spot[] => [
      [x, y0, z0],
      [x, y1, z0],
      [x, y1, z1],
      [x, y0, z1],
    ]
    if (y1 < this.#heightM) this.paint(top, tint(colour, 1.15))
    if (x0 > 0) this.paint(side(x0), tint(colour, 0.72))
    if (x1 < 0) this.paint(side(x1), tint(colour, 1.1))
    this.paint(
      [
        [x0, y0, z0],
        [x1, y0, z0],
        [x1, y1, z0],
        [x0, y1, z0],
      ],
      tint(colour, 0.92),
    )
  }

  /** A tree of some height with a ragged crown. */
  tree([x, y, z]: Spot, heightM: number, colour: number): void {
    const trunk = heightM * 0.03
    this.box([x - trunk, y, z], [x + trunk, y + heightM * 0.45, z + trunk], 0x54463a)
    this.crown([x, y + heightM * 0.64, z], heightM * 0.3, colour)
  }

  /** Leaves in a cluster of about that radius, lighter above. */
  crown([x, y, z]: Spot, radiusM: number, colour: number): void {
    const radiusPx = (radiusM * FOCAL_PX) / z
    const count = Math.max(4, Math.min(20, Math.round(radiusPx)))
    for (let blob = 0; blob < count; blob++) {
      const angle = this.random() * 2 * Math.PI
      const reach = radiusM * 0.73 * Math.sqrt(this.random())
      const rise = Math.sin(angle) * reach
      const at = this.project([x + reach * Math.cos(angle), y + 1.3 * rise, z])
      const radius = radiusPx * (0.33 + 0.23 * this.random())
      const lit = 0.85 + 0.25 * (rise / radiusM) + 0.25 * this.random()
      this.#leaves(oval(at, [radius, radius]), this.#haze(tint(colour, lit), z))
    }
  }

  /** Trees side by side from edge to edge, at a distance. */
  treeLine(z: number, heightM: number): void {
    for (let x = -z * 0.75; x < z * 0.75; x += heightM * 0.34) {
      const tall = heightM * uniform(this.random, 0.7, 1.15)
      const colour = pick(this.random, [0x4d6a3a, 0x43602f, 0x587440])
      this.tree([x, -0.5, z + uniform(this.random, 0, 8)], tall, colour)
    }
  }

  #leaves(ring: Ring, colour: number): void {
    const shade: Shade = (x, y) => tint(colour, 1 + 0.45 * this.fine(x * 1.9, y * 1.9))
    fill(this.canvas, [ring], { shade, opacity: 0.92 })
  }

  #drawSky(): void {
    const [zenith, low] = this.#sky
    const bottom = this.#horizonPx + 1
    const ring = rectangle({ west: 0, south: 0, east: WIDTH, north: bottom })
    const shade: Shade = (x, y) => {
      const t = y / bottom
      const stretch = 1.6 + 5 * t
      const cloud =
        this.coarse(x * 0.55, y * stretch * 0.55) + 0.4 * this.coarse(x * 2, y * stretch * 2)
      const cover = Math.max(0, Math.min(0.85, (cloud - 0.05) * 1.1))
      return mix(mix(zenith, low, t ** 1.4), 0xf4f3f0, cover)
    }
    fill(this.canvas, [ring], { shade })
  }

  #haze(colour: number, z: number): number {
    return mix(colour, this.#sky[1], 1 - Math.exp(-z / 900))
  }
}

/** A vertical rectangle across the view, from its lower left corner. */
export function sheet([x, y, z]: Spot, widthM: number, heightM: number): Spot[] {
  return [
    [x, y, z],
    [x + widthM, y, z],
    [x + widthM, y + heightM, z],
    [x, y + heightM, z],
  ]
}
