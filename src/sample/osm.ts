/**
 * The plan of the town comes in, its OpenStreetMap data leaves: nodes and ways, marked synthetic.
 */
import { toLonLat } from './place.ts'
import { extentOf, overlaps, rectangle } from './shapes.ts'
import type { Bbox } from '../types.ts'
import type { Tags, TownPlan } from './features.ts'
import type { Extent, Point } from './shapes.ts'

/** Positions in units of 1e-7 degrees, as in the file. */
export interface OsmNode {
  readonly id: number
  readonly lon: number
  readonly lat: number
}

/** A line or, when the first node comes back, an area. */
export interface OsmWay {
  readonly id: number
  readonly refs: readonly number[]
  readonly tags: Tags
}

/** Nodes and ways, each sorted by id. */
export interface OsmMap {
  readonly bbox: Bbox
  readonly nodes: readonly OsmNode[]
  readonly ways: readonly OsmWay[]
}

/** Said on every way. */
const SOURCE: Tags = { source: 'synthetic: Whereabouts sample town' }

/**
 * Maps what touches the town's square; ways are whole and leave it, as in real extracts.
 * Equal positions share a node.
 */
export function mapTown(plan: TownPlan, extent: Extent): OsmMap {
  const nodes = new Map<string, OsmNode>()
  const ways: OsmWay[] = []
  const refOf = (at: Point): number => {
    const { lon, lat } = toLonLat(at)
    const [x, y] = [Math.round(lon * 1e7), Math.round(lat * 1e7)]
    const key = `${x},${y}`
    const node = nodes.get(key) ?? { id: nodes.size + 1, lon: x, lat: y }
    nodes.set(key, node)
    return node.id
  }
  for (const { line, tags } of linesOf(plan)) {
    if (Object.keys(tags).length === 0 || !overlaps(extentOf(line), extent)) continue
    ways.push({ id: ways.length + 1, refs: line.map(refOf), tags: { ...tags, ...SOURCE } })
  }
  return { bbox: bboxOf(extent), nodes: [...nodes.values()], ways }
}

function linesOf({ ways, areas, buildings }: TownPlan): { line: readonly Point[]; tags: Tags }[] {
  const closed = (ring: readonly Point[]): Point[] => [...ring, ...ring.slice(0, 1)]
  return [
    ...ways,
    ...areas.map(({ rings, tags }) => ({ line: closed(rings[0] ?? []), tags })),
    ...buildings.map(({ ring, tags }) => ({ line: closed(ring), tags })),
  ]
}

/** The smallest box of degrees around an extent of the plan. */
export function bboxOf(extent: Extent): Bbox {
  const corners = rectangle(extent).map(toLonLat)
  const [lons, lats] = [corners.map(({ lon }) => lon), corners.map(({ lat }) => lat)]
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
}
