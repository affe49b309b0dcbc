/**
 * Independent of our reader: the roads of an extract by osm-pbf-parser, objects and Maps, and their
 * length by Karney.
 */
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'
import geodesic from 'geographiclib-geodesic'

type Item =
  | { type: 'node'; id: number; lon: number; lat: number }
  | { type: 'way'; id: number; refs: number[]; tags: Record<string, string> }
  | { type: 'relation' }

const createParser = createRequire(import.meta.url)('osm-pbf-parser') as () => Duplex

/** Hands every object of an extract to `visit`. */
export async function forEachItem(path: string, visit: (item: Item) => void): Promise<void> {
  await new Promise((resolve, reject) => {
    const parser = createReadStream(path).pipe(createParser())
    parser.on('data', (items: Item[]) => items.forEach(visit))
    parser.on('end', resolve)
    parser.on('error', reject)
  })
}

/** Asked for distances alone, Karney's method is spared the areas and azimuths. */
const { WGS84, DISTANCE } = geodesic.Geodesic

const DEAD = /abandoned|construction|no|planned|platform|proposed|raceway|razed|rest_area|services/

/** Counts ways and segments and measures them, metres. */
export async function measureSlowly(path: string) {
  const nodes = new Map<number, [number, number]>()
  const roads: number[][] = []
  await forEachItem(path, (item) => {
    if (item.type === 'node') nodes.set(item.id, [item.lon, item.lat])
    if (item.type !== 'way' || item.tags['highway'] === undefined) return
    if (DEAD.test(item.tags['highway']) || /yes/.test(item.tags['area'] ?? '')) return
    roads.push(item.refs)
  })
  const sum = { wayCount: 0, segmentCount: 0, missingNodeCount: 0, lengthM: 0 }
  for (const refs of roads) {
    const lengths = segmentLengths(refs, nodes)
    sum.missingNodeCount += refs.filter((ref) => !nodes.has(ref)).length
    sum.segmentCount += lengths.length
    sum.lengthM += lengths.reduce((a, b) => a + b, 0)
    if (lengths.length > 0) sum.wayCount++
  }
  return sum
}

function segmentLengths(refs: number[], nodes: Map<number, [number, number]>): number[] {
  const lengths = new Map<string, number>()
  for (let i = 1; i < refs.length; i++) {
    const a = nodes.get(refs[i - 1] ?? NaN)
    const b = nodes.get(refs[i] ?? NaN)
    if (!a || !b) continue
    const { s12 = NaN } = WGS84.Inverse(a[1], a[0], b[1], b[0], DISTANCE)
    const key = [refs[i - 1], refs[i]].sort().join()
    if (s12 >= 0.0005) lengths.set(key, s12)
  }
  return [...lengths.values()]
}
