/** Photos of the country around the town: a field, the railway, a wood; far things first. */
import { mix, tint } from './canvas.ts'
import { pick, uniform } from './random.ts'
import type { GroundView, Spot } from './ground-view.ts'

/** A ripe field in rows up to a wood. */
export function drawField(view: GroundView): void {
  view.treeLine(330, 17)
  view.ground((x, z) => {
    const near = Math.min(1, 30 / z)
    const row = 0.07 * near * Math.sin(x * 7)
    const stalks = 0.3 * near * view.fine(x * 40, z * 9) + 0.1 * view.coarse(x * 8, z * 3)
    const wheel = Math.abs(((x + 297) % 18) - 6) < 0.22 ? -0.15 : 0
    const ripe = Math.max(0, Math.min(1, 0.5 + view.coarse(x * 2, z * 1.2)))
    return tint(mix(0x9a9a55, 0xc4ab66, ripe), 1 + row + wheel + stalks)
  })
}

/** Railway tracks up to the horizon, under wires. */
export function drawRailway(view: GroundView): void {
  view.treeLine(380, 15)
  for (const side of [-1, 1]) {
    for (let z = 330; z > 24; z -= 13) {
      view.tree([side * uniform(view.random, 20, 34), 0, z], uniform(view.random, 5, 10), 0x55743d)
    }
  }
  const tracks = [-7.4, -2.4, 2.4, 7.4]
  view.ground((x, z) => {
    if (Math.abs(x) > 12) return tint(0x7c9150, 1 + 0.25 * view.coarse(x * 9, z * 9))
    const stones = 1 + 0.3 * view.fine(x * 22, z * 22) + 0.1 * view.coarse(x * 9, z * 9)
    const isSleeper = tracks.some((track) => Math.abs(x - track) < 1.3) && z % 0.65 < 0.26
    return tint(isSleeper && z < 45 ? 0x6a6259 : 0x8d857c, stones)
  })
  for (const track of tracks) {
    for (const rail of [track - 0.72, track + 0.72]) {
      const edge = (x: number): [Spot, Spot] => [
        [x, 0.15, 3],
        [x, 0.15, 330],
      ]
      view.paint([...edge(rail - 0.05), ...edge(rail + 0.05).reverse()], 0xc4bfb8)
      view.paint([...edge(rail + 0.05), ...edge(rail + 0.1).reverse()], 0x5b4a40)
    }
  }
  for (let z = 320; z > 10; z -= 42) {
    for (const x of [-11, 11]) view.box([x - 0.14, 0, z], [x + 0.14, 7.6, z + 0.3], 0x7f868b)
    view.box([-11, 7, z], [11, 7.35, z + 0.2], 0x7f868b)
  }
  for (const x of tracks)
    view.paint(
      [
        [x - 0.02, 5.6, 4],
        [x + 0.02, 5.6, 4],
        [x + 0.02, 5.6, 330],
        [x - 0.02, 5.6, 330],
      ],
      0x4a4d50,
    )
}

/** A path into the wood. */
export function drawForest(view: GroundView): void {
  for (let x = -150; x < 150; x += 5) view.crown([x, uniform(view.random, 2, 16), 150], 8, 0x587a44)
  view.ground((x, z) => {
    const bend = Math.abs(x - pathAt(z))
    const leaves = 1 + 0.4 * view.fine(x * 20, z * 20) + 0.25 * view.coarse(x * 10, z * 10)
    return tint(bend < 1.2 ? 0x8f7d5f : mix(0x57602f, 0x7a5f3c, view.coarse(x * 6, z * 6)), leaves)
  })
  for (let z = 110; z > 7; z -= 1.7) {
    for (const side of [-1, 1]) addTrunk(view, side, z)
  }
  for (const side of [-7, -3, 2, 6]) view.crown([side, 7.5, 9], 2.6, 0x4b6d31)
}

function pathAt(z: number): number {
  return 2.4 * Math.sin(z / 14)
}

function addTrunk(view: GroundView, side: number, z: number): void {
  const x = pathAt(z) + side * uniform(view.random, 2.8, 5 + z * 0.5)
  const tall = uniform(view.random, 15, 21)
  const trunk = uniform(view.random, 0.12, 0.24)
  const bark = pick(view.random, [0x4a3f33, 0x5c5040, 0x3d352c])
  const leaves = pick(view.random, [0x47652f, 0x3c5a2b, 0x587a38])
  view.box([x - trunk, 0, z], [x + trunk, tall, z + trunk], bark)
  for (const share of [0.45, 0.6, 0.75, 0.9]) {
    view.crown([x + uniform(view.random, -1.5, 1.5), tall * share, z], 2.4, leaves)
  }
  view.crown([x + side * 1.2, 0.4, z], uniform(view.random, 0.3, 1), leaves)
}
