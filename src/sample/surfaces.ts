/** Ground seen from above: the colour of each surface at a pixel of the orthophoto (0.5 m/px). */
import { mix, tint } from './canvas.ts'
import type { Shade } from './canvas.ts'
import type { Surface } from './features.ts'
import type { Noise } from './random.ts'

/**
 * Noise fields that all surfaces share: `coarse` varies over metres, `fine` from pixel to pixel.
 */
export interface Grain {
  readonly coarse: Noise
  readonly fine: Noise
}

/** What a shade depends on besides the place. */
export interface Ground {
  readonly surface: Surface
  readonly colour: number
  /** Direction of rows, radians counter-clockwise from east. */
  readonly angle: number
}

/** The shade of a surface. */
export function shadeOf(ground: Ground, grain: Grain): Shade {
  return SHADES[ground.surface](ground, grain)
}

type ShadeMaker = (ground: Ground, grain: Grain) => Shade

const SHADES: Readonly<Record<Surface, ShadeMaker>> = {
  asphalt: rough({ coarse: 0.07, fine: 0.06 }),
  gravel: rough({ coarse: 0.12, fine: 0.1 }),
  path: rough({ coarse: 0.1, fine: 0.06 }),
  rail: rough({ coarse: 0.1, fine: 0.14 }),
  ballast: rough({ coarse: 0.12, fine: 0.13 }),
  forest: rough({ coarse: 0.15, fine: 0.2 }),
  concrete: ({ colour }, { coarse, fine }) => {
    return (x, y) => {
      const joint = x % 16 < 1 || y % 16 < 1 ? -0.06 : 0
      return tint(colour, 1 + joint + 0.09 * coarse(x, y) + 0.04 * fine(x, y))
    }
  },
  crop: cropShade,
  garden: ({ colour }, { coarse, fine }) => {
    return (x, y) => {
      const dry = Math.max(0, coarse(x / 5, y / 5)) * 0.6
      return tint(mix(colour, 0xa39a6a, dry), 0.95 + 0.16 * coarse(x, y) + 0.1 * fine(x, y))
    }
  },
  lawn: ({ colour }, { coarse, fine }) => {
    return (x, y) => tint(colour, 1 + 0.12 * coarse(x / 3, y / 3) + 0.09 * fine(x, y))
  },
  pitch: ({ colour, angle }, { coarse, fine }) => {
    const along = across(angle + Math.PI / 2)
    return (x, y) => {
      const mown = Math.floor(along(x, y) / 11) % 2 === 0 ? 0.06 : -0.06
      return tint(colour, 1 + mown + 0.05 * coarse(x, y) + 0.05 * fine(x, y))
    }
  },
  planks: ({ colour }, { fine }) => {
    return (x, y) => tint(colour, 0.97 + (y % 2 < 1 ? 0.05 : 0) + 0.08 * fine(x, y))
  },
  seats: ({ colour }, { fine }) => {
    return (x, y) => {
      const isTaken = fine(x * 3, y * 3) > 0.35
      return tint(isTaken ? 0xb9a99a : colour, 0.95 + ((x + y) % 3 < 1 ? 0.1 : 0))
    }
  },
  water: ({ colour }, { coarse, fine }) => {
    return (x, y) => {
      const swell = 0.05 * coarse(x / 6, y / 6)
      const ripple = 0.05 * fine(x, y * 2) + 0.04 * coarse(x * 1.5, y * 3)
      return tint(colour, 1 + swell + ripple)
    }
  },
}

function rough(strength: { coarse: number; fine: number }): ShadeMaker {
  return ({ colour }, { coarse, fine }) => {
    return (x, y) =>
      tint(colour, 1 + strength.coarse * coarse(x, y) + strength.fine * fine(x * 1.7, y * 1.7))
  }
}

/** Pixels across a direction; the image's y runs south. */
function across(angle: number): (x: number, y: number) => number {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  return (x, y) => x * sin + y * cos + 100_000
}

/** Rows at 2 m, and the wheel marks of a sprayer every 21 m. */
function cropShade({ colour, angle }: Ground, { coarse, fine }: Grain): Shade {
  const distance = across(angle)
  return (x, y) => {
    const v = distance(x, y)
    const row = 0.045 * Math.sin((2 * Math.PI * v) / 4)
    const wheel = v % 42 < 1.4 || (v + 38) % 42 < 1.4 ? -0.13 : 0
    const soil = 0.12 * coarse(x / 4, y / 4) + 0.05 * coarse(x, y)
    return tint(colour, 1 + row + wheel + soil + 0.05 * fine(x, y))
  }
}
