/** A stranger's wish for a region → a request whose sources the server's owner allows. */
import { InputError } from '../errors.ts'
import { boundaryFromBbox, parseBoundary } from '../geo/polygon.ts'
import type { Bbox, Boundary } from '../types.ts'
import { checkFile, requestImagery, type AllowedSources } from './allowed-sources.ts'
import type { RegionRequest, SamplingRequest } from './create-region.ts'
import type { Outside } from './outside.ts'

/** The wish as it arrives. */
export interface UncheckedRegion {
  readonly name: string
  readonly imagery: unknown
  readonly sampling: SamplingRequest
  readonly boundary?: unknown
  readonly bbox?: Bbox | undefined
  /** An administrative boundary: a name, an ISO code or `relation/123`. */
  readonly boundaryName?: string | undefined
  /** Its `admin_level`, where several have the name. */
  readonly boundaryLevel?: number | undefined
  /** The extract that holds it, if not that of the roads. */
  readonly boundaryExtract?: string | undefined
}

/** What checking needs: the rules, and somebody who reads extracts. */
export interface RequestOutside extends Pick<Outside, 'readBoundaryRelation'> {
  readonly allowed: AllowedSources
  readonly signal: AbortSignal
}

/**
 * Checks every source and reads the boundary.
 * @throws {InputError} `source-forbidden`, `source-missing`, and those of imagery config and
 *   boundary
 */
export async function requestRegion(
  wish: UncheckedRegion,
  outside: RequestOutside,
): Promise<RegionRequest> {
  const { name } = wish
  const { allowed } = outside
  const imagery = await requestImagery(wish.imagery, allowed)
  const sampling =
    wish.sampling.kind === 'roads'
      ? { ...wish.sampling, extract: await checkFile(wish.sampling.extract, allowed) }
      : wish.sampling
  return { name, imagery, sampling, boundary: await readBoundary({ ...wish, sampling }, outside) }
}

async function readBoundary(
  wish: UncheckedRegion,
  outside: RequestOutside,
): Promise<Boundary | null> {
  const { boundary, bbox, boundaryName } = wish
  if (bbox !== undefined) return boundaryFromBbox(bbox)
  if (boundaryName !== undefined) return readNamed(boundaryName, wish, outside)
  return boundary === undefined ? null : parseBoundary(boundary)
}

async function readNamed(
  name: string,
  { sampling, boundaryExtract, boundaryLevel }: UncheckedRegion,
  { allowed, signal, readBoundaryRelation }: RequestOutside,
): Promise<Boundary> {
  const ofRoads = sampling.kind === 'roads' ? sampling.extract : null
  const extract =
    boundaryExtract === undefined ? ofRoads : await checkFile(boundaryExtract, allowed)
  if (extract === null) {
    throw new InputError('boundary', 'Expected an OSM extract for boundaryName, got none', {
      hint: 'add boundaryExtract, the path of an .osm.pbf on the server',
    })
  }
  return readBoundaryRelation(extract, { name, adminLevel: boundaryLevel }, signal)
}
