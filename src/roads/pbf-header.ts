/** The `HeaderBlock` of an extract: bounding box and what a reader must understand. */
import { PbfReader } from 'pbf'
import type { Bbox } from '../types.ts'
import { ExtractFaultError } from './pbf-errors.ts'

/** What an extract says about itself. */
export interface ExtractHeader {
  /** Null where the extract names none. */
  readonly bbox: Bbox | null
  /** Several versions of an object may follow, deleted ones too. */
  readonly isHistory: boolean
  /** Ways carry the positions of their nodes. */
  readonly hasLocationsOnWays: boolean
}

const UNDERSTOOD = new Set([
  'OsmSchema-V0.6',
  'DenseNodes',
  'HistoricalInformation',
  'LocationsOnWays',
])

/**
 * Decodes a `HeaderBlock`.
 * @throws {ExtractFaultError} `extract-feature` when the file demands something unknown
 */
export function decodeHeader(block: Uint8Array): ExtractHeader {
  const pbf = new PbfReader(block)
  const features: string[] = []
  let bbox: Bbox | null = null
  for (let field = pbf.nextField(); field !== 0; field = pbf.nextField()) {
    if (field === 1) bbox = decodeBbox(pbf.readBytes())
    else if (field === 4) features.push(checkUnderstood(pbf.readString()))
    else if (field === 5) features.push(pbf.readString())
  }
  return {
    bbox,
    isHistory: features.includes('HistoricalInformation'),
    hasLocationsOnWays: features.includes('LocationsOnWays'),
  }
}

function checkUnderstood(feature: string): string {
  if (UNDERSTOOD.has(feature)) return feature
  throw new ExtractFaultError(
    'extract-feature',
    `Expected only ${[...UNDERSTOOD].join(', ')} as required features, got ${feature}`,
    'Convert the extract to a plain .osm.pbf with osmium.',
  )
}

/** `HeaderBBox`: left, right, top, bottom in nanodegrees. */
function decodeBbox(bytes: Uint8Array): Bbox | null {
  const pbf = new PbfReader(bytes)
  const sides = [NaN, NaN, NaN, NaN, NaN]
  for (let field = pbf.nextField(); field !== 0; field = pbf.nextField())
    if (field < sides.length) sides[field] = pbf.readSVarint() / 1e9
  const [, west = NaN, east = NaN, north = NaN, south = NaN] = sides
  return west < east && south < north ? [west, south, east, north] : null
}
