/**
 * The town's photos: harbour, street, stadium, car park; each scene draws itself, far things first.
 */
import { mix, tint } from './canvas.ts'
import { pick, uniform } from './random.ts'
import { sheet } from './ground-view.ts'
import type { GroundView, Spot } from './ground-view.ts'

function water(view: GroundView, deep: number, light: number): void {
  view.ground((x, z) => {
    const ripple = view.fine(x * 9, z * 5 + 900) * 0.5 + view.coarse(x * 6, z * 3) * 0.6
    const slant = Math.min(1, z / 130)
    return mix(deep, light, Math.max(0, Math.min(1, 0.2 + 0.55 * slant + 0.3 * ripple)))
  })
}

const HULLS = [0xf3f3f0, 0xf0eee8, 0xe6e8ea, 0x2e4b70, 0xf5f5f2] as const

function boat(view: GroundView, [x, , z]: Spot, length: number): void {
  const hull = pick(view.random, HULLS)
  const a = length / 2
  const outline = (sign: number): Spot[] => [
    [x - a, sign * 1.1, z],
    [x + a * 1.1, sign * 1.5, z],
    [x + a * 0.82, 0, z],
    [x - a * 0.95, 0, z],
  ]
  const mast: Spot[] = [
    [x + a * 0.1, 1.2, z],
    [x + a * 0.1, length * 1.25, z],
  ]
  view.paint(outline(-1.4), tint(mix(hull, 0x3e5660, 0.55), 0.9), 0.3)
  view.line([mast[0] ?? [x, 0, z], [x + a * 0.1, -length * 0.6, z]], 0.12, 0x9aa6a8)
  view.paint(outline(1), hull)
  view.paint(sheet([x - a * 0.96, 0.18, z], length * 0.93, 0.2), 0x274a72)
  view.paint(
    [
      [x - a * 0.35, 1.1, z],
      [x - a * 0.25, 1.9, z],
      [x + a * 0.3, 1.85, z],
      [x + a * 0.6, 1.3, z],
    ],
    0xf7f7f5,
  )
  view.paint(sheet([x - a * 0.2, 1.45, z], a * 0.55, 0.22), 0x27323c)
  view.line(mast, 0.13, 0xd9dbdc)
  view.line(
    [
      [x + a * 0.1, 2.3, z],
      [x - a * 0.85, 2.2, z],
    ],
    0.28,
    0x3a5f96,
  )
  for (const end of [x + a * 1.05, x - a * 0.98]) {
    view.line(
      [
        [x + a * 0.1, length * 1.2, z],
        [end, 1.3, z],
      ],
      0.03,
      0xb9bcbe,
    )
  }
}

/** The marina: rows of moored sailing boats, sheds on the far quay. */
export function drawHarbour(view: GroundView): void {
  view.treeLine(260, 13)
  for (let x = -150; x < 150; x += 34) {
    const colour = pick(view.random, [0xb2b8bb, 0xa8674e, 0xd6d0c2, 0x8d979d])
    view.box([x, 0, 215], [x + 27, uniform(view.random, 8, 13), 230], colour)
    for (let u = 3; u < 24; u += 5) view.paint(sheet([x + u, 3, 214.5], 2.4, 2.4), 0x4a5358)
  }
  water(view, 0x2f4a55, 0x9fb4bd)
  view.box([-160, 0, 205], [160, 1.6, 214], 0x8d8a82)
  for (const z of [150, 110, 82, 62, 46, 34, 25]) {
    view.box([-z, 0, z + 2], [z, 0.45, z + 4], 0xa5977f)
    for (let x = -z * 0.7; x < z * 0.7; x += uniform(view.random, 8.5, 13)) {
      if (z < 30 && Math.abs(x) < 4) continue
      boat(view, [x, 0, z], uniform(view.random, 8.5, 12))
    }
  }
}

function house(view: GroundView, side: number, z: number): void {
  const wall = pick(view.random, [0xe6dccb, 0xd9c6a8, 0xc9d0cf, 0xb5674d, 0xefe9de])
  const roof = pick(view.random, [0x9c4f3a, 0x6f4a40, 0x5c5b60])
  const [near, far] = [side * 11.5, side * 20]
  const [x0, x1] = side < 0 ? [far, near] : [near, far]
  const ridge: [Spot, Spot] = [
    [(x0 + x1) / 2, 9, z],
    [(x0 + x1) / 2, 9, z + 12],
  ]
  view.box([x0, 0, z], [x1, 5.6, z + 12], wall)
  view.paint([[x0, 5.6, z], [x1, 5.6, z], ridge[0]], tint(wall, 0.95))
  const eaves = near - side * 0.6
  view.paint([[eaves, 5.2, z - 0.4], ridge[0], ridge[1], [eaves, 5.2, z + 12.4]], roof, 0.16)
  for (const y of [1, 3.6]) {
    for (const u of [1.6, 5.6]) view.paint(sheet([x0 + u, y, z - 0.05], 1.4, 1.5), 0x3f4a55)
    for (const u of [1.5, 5.2, 9]) {
      view.paint(
        [
          [near, y, z + u],
          [near, y + 1.5, z + u],
          [near, y + 1.5, z + u + 1.5],
          [near, y, z + u + 1.5],
        ],
        0x46525e,
      )
    }
  }
}

const PAINTS = [0xdfe2e4, 0xa9adb1, 0x31353a, 0x8e2b25, 0x2c4a7a, 0x5f6469, 0xf0f0ee] as const

function car(view: GroundView, [x, , z]: Spot, length = 4.3): void {
  const colour = pick(view.random, PAINTS)
  view.box([x - 0.9, 0.02, z], [x + 0.9, 0.1, z + length], 0x1d1e20)
  for (const u of [-0.9, 0.66])
    view.box([x + u, 0, z + 0.5], [x + u + 0.24, 0.6, z + 1.1], 0x1b1b1c)
  view.box([x - 0.9, 0.32, z], [x + 0.9, 0.95, z + length], colour)
  view.box([x - 0.75, 0.95, z + 0.5], [x + 0.75, 1.45, z + length * 0.7], tint(colour, 0.95))
  view.paint(sheet([x - 0.66, 1, z + 0.48], 1.32, 0.38), 0x20272d, 0.15)
  for (const u of [-0.85, 0.55]) view.paint(sheet([x + u, 0.65, z - 0.02], 0.3, 0.2), 0xa8231c)
  view.paint(sheet([x - 0.25, 0.48, z - 0.02], 0.5, 0.13), 0xeae6d2)
}

/** A street of houses with front gardens and parked cars. */
export function drawStreet(view: GroundView): void {
  view.treeLine(240, 14)
  view.ground((x, z) => {
    const road = Math.abs(x)
    if (road < 3.3) return tint(0x77777a, 1 + 0.1 * view.coarse(x * 8, z * 8))
    if (road < 3.5) return 0xb9b5ac
    if (road < 5) return tint(0xa9a49a, 1 + (z % 1.5 < 0.06 ? -0.2 : 0))
    return tint(0x6f8c48, 1 + 0.25 * view.coarse(x * 12, z * 12))
  })
  for (let z = 196; z > 6; z -= 19) {
    for (const side of [-1, 1]) {
      house(view, side, z)
      view.tree(
        [side * uniform(view.random, 7, 9), 0, z - 4],
        uniform(view.random, 4, 6.5),
        0x52713a,
      )
      view.box([side * 5.4 - 0.3, 0, z], [side * 5.4 + 0.3, 1, z + 11], 0x47672f)
      if (view.random() < 0.65 && z > 12) car(view, [side * 2.4, 0, z + 5])
    }
  }
}

const SHIRTS = [0xc23b32, 0xe8e4da, 0x2c3f70, 0xd9a884, 0x20242a, 0xd8b13c] as const

/** Inside the stadium: the pitch with its lines, stands full of people. */
export function drawStadium(view: GroundView): void {
  view.ground((x, z) => {
    if (z > 104) return 0x7d8a7a
    const mown = Math.floor((x + 200) / 6) % 2 === 0 ? 1.05 : 0.95
    return tint(0x568a42, mown + 0.08 * view.coarse(x * 14, z * 14))
  })
  view.box([-110, 24, 122], [110, 27, 150], 0xd5d8da)
  for (let tier = 34; tier >= 0; tier--) {
    const [z, y] = [108 + tier * 0.9, 1.2 + tier * 0.62]
    view.paint(sheet([-110, y - 0.6, z], 220, 1.25), tier % 12 === 11 ? 0x8b8b8b : 0x35528c, 0.1)
    for (let x = -80; x < 80; x += 0.85) {
      if (view.random() > 0.72 || Math.abs(x % 20) < 0.8) continue
      view.paint(sheet([x, y, z], 0.6, 0.85), pick(view.random, SHIRTS))
    }
  }
  for (const x of [-62, -20, 20, 62]) view.box([x, 22, 124], [x + 0.8, 38, 126], 0x9aa0a4)
  view.paint(sheet([-110, 0, 106], 220, 1.1), 0xe4e6e8)
  for (let x = -72; x < 72; x += 9) {
    view.paint(sheet([x, 0.1, 105.9], 8, 0.85), pick(view.random, SHIRTS))
  }
  drawPitchLines(view)
}

function drawPitchLines(view: GroundView): void {
  const along = (x: number, from: number, to: number): void =>
    view.paint(
      [
        [x, 0, from],
        [x + 0.22, 0, from],
        [x + 0.22, 0, to],
        [x, 0, to],
      ],
      0xf3f5ef,
    )
  const across = (z: number, from: number, to: number): void =>
    view.paint(
      [
        [from, 0, z],
        [to, 0, z],
        [to, 0, z + 0.25],
        [from, 0, z + 0.25],
      ],
      0xf3f5ef,
    )
  across(100, -52, 52)
  across(30, -52, 52)
  along(0, 30, 100)
  for (const side of [-1, 1]) {
    along(side * 36, 45, 85)
    across(45, Math.min(side * 36, side * 52), Math.max(side * 36, side * 52))
    across(85, Math.min(side * 36, side * 52), Math.max(side * 36, side * 52))
  }
  const circle = Array.from({ length: 49 }, (_, index): Spot => {
    const angle = (index * 2 * Math.PI) / 48
    return [9.15 * Math.cos(angle), 0, 65 + 9.15 * Math.sin(angle)]
  })
  view.line(circle, 0.28, 0xf3f5ef)
  view.box([-45, 0, 63], [-44.8, 2.4, 67], 0xf5f5f5)
}

/** A car park, row behind row. */
export function drawCarPark(view: GroundView): void {
  view.treeLine(210, 12)
  view.box([-90, 0, 150], [40, 9, 200], 0xcfd1d0)
  view.paint(sheet([-90, 6.3, 149.8], 130, 1.4), 0xb03a2f)
  view.paint(sheet([-40, 0, 149.7], 26, 4.5), 0x4c5a63)
  view.ground((x, z) => {
    const isLine = Math.abs(((x + 260) % 2.6) - 1.3) < 0.07 && z % 16 > 6
    return isLine ? 0xd9d7cf : tint(0x69696b, 1 + 0.13 * view.coarse(x * 9, z * 9))
  })
  for (let z = 140; z > 10; z -= 16) {
    parkRow(view, z)
    if (z > 15) parkRow(view, z - 5.3)
    for (const x of [-31, 9]) view.box([x, 0, z + 5], [x + 0.16, 7, z + 5.2], 0x8a8f93)
  }
}

function parkRow(view: GroundView, z: number): void {
  for (let x = -Math.ceil(z * 0.27) * 2.6; x < z * 0.72; x += 2.6) {
    if (view.random() < 0.9) car(view, [x, 0, z])
  }
}
