/**
 * The outline of an administrative boundary in an OSM extract. The extract is gone through three
 * times: for the relation, for its ways, for their nodes. @io disk
 */
import { closeSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Position } from 'geojson'
import { InputError } from '../errors.ts'
import { parseBoundary } from '../geo/polygon.ts'
import type { Boundary } from '../types.ts'
import { assembleRings, makePolygons } from './assemble-rings.ts'
import { indexBlobs, openExtract, readAt, type BlobPlace } from './blob-index.ts'
import { findBoundary, type BoundaryName } from './find-boundary.ts'
import {
  decodeLat,
  decodeLon,
  encodeLat,
  encodeLon,
  MemoryPlaces,
  PLACE_UNKNOWN,
} from './node-places.ts'
import { createFloats, readDeltas } from './number-list.ts'
import { packIds } from './packed-ids.ts'
import { unpackBlob } from './pbf-blob.ts'
import { openBlock, type Block } from './pbf-block.ts'
import { extractError, orFault } from './pbf-errors.ts'
import { decodeNodes } from './pbf-nodes.ts'
import { decodeBoundaries, type BoundaryRelation } from './pbf-relations.ts'
import { RankFinder } from './rank-finder.ts'

const ANOTHER = 'use --boundary FILE, or an extract that holds the whole area'

/**
 * Reads the outline of a boundary, holes and exclaves included.
 * @throws {NotFoundError} `extract-not-found`, `boundary-not-found`
 * @throws {InputError} `boundary-ambiguous`, `boundary-incomplete` where the extract cuts it, and
 *   those of extracts
 */
export async function readBoundaryRelation(
  path: string,
  wanted: BoundaryName,
  signal: AbortSignal,
): Promise<Boundary> {
  try {
    const { header, blobs } = indexBlobs(path)
    if (header.isHistory) throw noHistory(path)
    const scan = new Scan(path, blobs, signal)
    const relation = findBoundary(await scan.boundaries(), wanted)
    const ways = await scan.ways(new Set(relation.ways.map(({ id }) => id)))
    const places = await scan.places(ways)
    return outlineOf(relation, ways, places)
  } catch (error) {
    signal.throwIfAborted()
    throw extractError(path, error)
  }
}

type Ways = ReadonlyMap<number, readonly number[]>
type Places = (node: number) => Position | null

/** Goes through the blobs of an extract that hold what is looked for. */
class Scan {
  readonly #path: string
  readonly #blobs: readonly BlobPlace[]
  readonly #signal: AbortSignal
  /** Blobs with ways, and with nodes; known after the first pass. */
  readonly #withWays: BlobPlace[] = []
  readonly #withNodes: BlobPlace[] = []
  /** Nodes whose places the ways that are wanted carry: such an extract may hold no nodes. */
  readonly #onWays = new Map<number, Position>()

  constructor(path: string, blobs: readonly BlobPlace[], signal: AbortSignal) {
    this.#path = path
    this.#blobs = blobs
    this.#signal = signal
  }

  async boundaries(): Promise<BoundaryRelation[]> {
    const found: BoundaryRelation[] = []
    await this.#each(this.#blobs, (block, blob) => {
      if (block.ways.length > 0) this.#withWays.push(blob)
      if (block.nodes.length + block.denseNodes.length > 0) this.#withNodes.push(blob)
      found.push(...decodeBoundaries(block))
    })
    return found
  }

  /** Node ids of the ways that are wanted. */
  async ways(wanted: ReadonlySet<number>): Promise<Ways> {
    const ways = new Map<number, readonly number[]>()
    await this.#each(this.#withWays, (block) => {
      for (let index = 0; index < block.ways.length; index += 2) {
        const way = readWay(block, block.ways[index] ?? 0, block.ways[index + 1] ?? 0)
        if (!wanted.has(way.id)) continue
        const nodes = way.nodes()
        ways.set(way.id, nodes)
        way.places().forEach((place, i) => place && this.#onWays.set(nodes[i] ?? NaN, place))
      }
    })
    return ways
  }

  async places(ways: Ways): Promise<Places> {
    const ids = Float64Array.from(new Set([...ways.values()].flat())).sort()
    const ranks = new RankFinder(packIds(ids))
    const places = new MemoryPlaces(new SharedArrayBuffer(8 * ids.length))
    const target = { ranks, places, versions: null }
    await this.#each(this.#withNodes, (block) => void decodeNodes(block, target))
    return (node) => {
      const rank = ranks.find(node)
      const lon = rank < 0 ? PLACE_UNKNOWN : places.lonAt(rank)
      return lon === PLACE_UNKNOWN
        ? (this.#onWays.get(node) ?? null)
        : positionOf(lon, places.latAt(rank))
    }
  }

  async #each(
    blobs: readonly BlobPlace[],
    visit: (block: Block, blob: BlobPlace) => void,
  ): Promise<void> {
    const file = openExtract(this.#path)
    try {
      for (const blob of blobs) {
        // Blobs are read at one go: in between Ctrl-C and others get their turn.
        await nextTurn()
        this.#signal.throwIfAborted()
        visitBlob(file, blob, visit)
      }
    } finally {
      closeSync(file)
    }
  }
}

function visitBlob(
  file: number,
  blob: BlobPlace,
  visit: (block: Block, blob: BlobPlace) => void,
): void {
  orFault(`blob at byte ${String(blob.offset)}`, () =>
    visit(openBlock(unpackBlob(readAt(file, blob, new Uint8Array(blob.size)))), blob),
  )
}

/** The id of a way; its nodes, and the places of them that it carries, if they are wanted. */
function readWay({ pbf, scale }: Block, start: number, end: number) {
  let [id, refs, lats, lons] = [0, 0, 0, 0]
  pbf.pos = start
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
    if (field === 1) id = pbf.readVarint(true)
    else if (field === 8) refs = pbf.pos
    else if (field === 9) lats = pbf.pos
    else if (field === 10) lons = pbf.pos
  }
  const listAt = (from: number): number[] => {
    const list = createFloats()
    if (from > 0) {
      pbf.pos = from
      readDeltas(pbf, list)
    }
    return [...list.copy()]
  }
  const places = () => {
    const raw = listAt(lats)
    return listAt(lons).map((lon, i) =>
      positionOf(encodeLon(lon, scale), encodeLat(raw[i] ?? NaN, scale)),
    )
  }
  return { id, nodes: () => listAt(refs), places }
}

/** Of encoded coordinates; null where one is none. */
function positionOf(lon: number, lat: number): Position | null {
  if (lon === PLACE_UNKNOWN || lat === PLACE_UNKNOWN) return null
  return [decodeLon(lon) / 1e7, decodeLat(lat) / 1e7]
}

function outlineOf(relation: BoundaryRelation, ways: Ways, places: Places): Boundary {
  const name = relation.tags.get('name') ?? `relation/${String(relation.id)}`
  // As of a country beside the extract's own: the relation alone is kept.
  if (relation.ways.every(({ isInner }) => isInner)) throw incomplete(name, 'no way of it')
  const missing = relation.ways.filter(({ id }) => !ways.has(id))
  if (missing.length > 0) {
    const of = `${String(missing.length)} of ${String(relation.ways.length)}`
    throw incomplete(name, `${of} ways missing (way ${String(missing[0]?.id)} …)`)
  }
  const ringsOf = (isInner: boolean): Position[][] => {
    const members = relation.ways.filter((way) => way.isInner === isInner)
    const assembled = assembleRings(members.map(({ id }) => ways.get(id) ?? []))
    if ('gapAt' in assembled) {
      const place = places(assembled.gapAt)?.join(',') ?? `node ${String(assembled.gapAt)}`
      throw incomplete(name, `a gap at ${place}`)
    }
    return assembled.rings.map((ring) =>
      ring.map((node) => places(node) ?? missingNode(name, node)),
    )
  }
  const coordinates = makePolygons(ringsOf(false), ringsOf(true))
  return parseBoundary({ type: 'MultiPolygon', coordinates })
}

function missingNode(name: string, node: number): never {
  throw incomplete(name, `node ${String(node)} missing`)
}

function incomplete(name: string, problem: string): InputError {
  return new InputError(
    'boundary-incomplete',
    `Expected the whole outline of "${name}" in the extract, got ${problem}`,
    { hint: ANOTHER },
  )
}

function noHistory(path: string): InputError {
  return new InputError(
    'extract-feature',
    `Expected one version of each object, got a history: ${path}`,
    {
      hint: 'make a plain extract of it with osmium time-filter',
    },
  )
}
