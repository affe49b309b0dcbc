/**
 * Ways that follow one another → closed rings → polygons with holes, as relations of OpenStreetMap
 * describe areas.
 */
import type { Position } from 'geojson'
import { isInRing, signedDoubleArea } from '../geo/rings.ts'

/** Node ids of a way. */
export type WayNodes = readonly number[]

/**
 * Rings of node ids, each beginning and ending at the same node; or where a ring ends in nothing.
 */
export type Rings = { readonly rings: number[][] } | { readonly gapAt: number }

/**
 * Joins ways at their ends, whatever their order and direction. Where several rings touch in a
 * node, each is closed as soon as it can be, so that none touches itself.
 */
export function assembleRings(ways: readonly WayNodes[]): Rings {
  const open = new Set(ways.filter((way) => way.length > 1))
  const byEnd = new Map<number, Set<WayNodes>>()
  for (const way of open) {
    for (const end of endsOf(way)) {
      const there = byEnd.get(end) ?? new Set()
      byEnd.set(end, there.add(way))
    }
  }
  const take = (node: number): WayNodes | undefined => {
    for (const way of byEnd.get(node) ?? []) {
      for (const end of endsOf(way)) byEnd.get(end)?.delete(way)
      open.delete(way)
      return way
    }
    return undefined
  }
  const rings: number[][] = []
  for (const first of open) {
    const gapAt = walk(first[0] as number, take, rings)
    if (gapAt !== null) return { gapAt }
  }
  return { rings }
}

function endsOf(way: WayNodes): [number, number] {
  return [way[0] as number, way.at(-1) as number]
}

/**
 * Follows ways from a node until it is back and nothing is left there.
 * @returns the node of a gap
 */
function walk(
  start: number,
  take: (node: number) => WayNodes | undefined,
  rings: number[][],
): number | null {
  let path = [start]
  /** Ends of ways on the path, and their position. */
  const joints = new Map([[start, 0]])
  for (;;) {
    const node = path.at(-1) as number
    const way = take(node)
    if (way === undefined) return path.length === 1 ? null : node
    path.push(...(way[0] === node ? way : [...way].reverse()).slice(1))
    const end = path.at(-1) as number
    const at = joints.get(end)
    if (at === undefined) {
      joints.set(end, path.length - 1)
      continue
    }
    rings.push(path.slice(at))
    path = path.slice(0, at + 1)
    for (const [joint, position] of joints) if (position > at) joints.delete(joint)
  }
}

/**
 * Gives each hole to the smallest outer ring around it; outer rings run counter-clockwise, holes
 * clockwise.
 * @returns `[outer ring, …holes]` each; holes outside all outer rings are dropped
 */
export function makePolygons(
  outers: readonly Position[][],
  inners: readonly Position[][],
): Position[][][] {
  const bySize = [...outers].sort((a, b) => areaOf(a) - areaOf(b))
  const polygons = bySize.map((ring) => [turn(ring, true)])
  for (const hole of inners) {
    const home = bySize.findIndex((ring) => isRingIn(hole, ring))
    polygons[home]?.push(turn(hole, false))
  }
  return polygons.reverse()
}

function areaOf(ring: readonly Position[]): number {
  return Math.abs(signedDoubleArea(ring))
}

function turn(ring: Position[], isCounterClockwise: boolean): Position[] {
  return signedDoubleArea(ring) > 0 === isCounterClockwise ? ring : [...ring].reverse()
}

/** By most of its edges' middles: rings may touch in some nodes. */
function isRingIn(inner: readonly Position[], outer: readonly Position[]): boolean {
  let insideCount = 0
  for (let index = 1; index < inner.length; index++) {
    const [aLon = NaN, aLat = NaN] = inner[index - 1] ?? []
    const [bLon = NaN, bLat = NaN] = inner[index] ?? []
    if (isInRing(outer, (aLon + bLon) / 2, (aLat + bLat) / 2)) insideCount++
  }
  return 2 * insideCount > inner.length - 1
}
