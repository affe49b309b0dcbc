/**
 * The dense way of building a grid region: whole windows go through the network once, and every
 * point takes the nearest patch of a window. For the queue it is a way like patch by patch.
 */
import type { Encoder } from '../embedding/encoder.ts'
import { mapGeometryOf } from '../embedding/logits-map.ts'
import { InputError } from '../errors.ts'
import { claimBlock, type Block } from '../gallery/claim-block.ts'
import { bboxOf } from '../geo/polygon.ts'
import { createLaea } from '../geo/projection.ts'
import { isBlack } from '../imagery/black.ts'
import type { ImagerySource } from '../imagery/source.ts'
import type { Region, RoadPoint } from '../types.ts'
import type { BuildSite } from './build-batches.ts'
import type { BuildWay } from './build-way.ts'
import { fitLattice } from './dense-fit.ts'
import { createDenseLattice, type DenseLattice, type WindowPlace } from './dense-lattice.ts'
import { cutWindows } from './dense-windows.ts'
import { embedWindows } from './embed-windows.ts'
import { createGate } from './flow.ts'
import { patchSizeOf } from './patch-size.ts'

/**
 * Windows side by side in one claim: 800 points at 16 m, 2,048 at 10 m, about half a second of
 * work.
 */
const CLAIM_WINDOWS = 2
/** One is cut, one is embedded, one is stored. */
const CLAIMS_UNDER_WAY = 3
/** Windows cut at a time. */
const WINDOWS_UNDER_WAY = 4

/** Metres between the patches of a dense build; null: the stride of the model. */
export function spacingOf({ card }: Encoder, asked: number | null): number {
  return asked ?? mapGeometryOf(card).stridePx * patchSizeOf(card).gsd
}

/**
 * Lays the lattice of a region.
 * @throws {InputError} `dense-grid` where the region is no grid or too coarse a one,
 *   `dense-spacing`, `model-without-map`
 */
export function denseLatticeOf(
  region: Pick<Region, 'sampling' | 'centre' | 'boundary'>,
  encoder: Encoder,
  spacingM: number,
): DenseLattice {
  const { stridePx } = mapGeometryOf(encoder.card)
  const { px: patchPx, gsd } = patchSizeOf(encoder.card)
  const strideM = stridePx * gsd
  if (spacingM !== strideM && spacingM !== strideM / 2) {
    throw new InputError(
      'dense-spacing',
      `Expected ${strideM} or ${strideM / 2} metres between the patches of a dense build with "${encoder.card.name}", got ${spacingM}`,
      { hint: `give ${strideM}, or ${strideM / 2} for twice as many each way` },
    )
  }
  if (region.sampling.kind !== 'grid') {
    throw new InputError(
      'dense-grid',
      `Expected a grid for --dense, got points from ${region.sampling.kind}`,
      { hint: 'build without --dense, or create the region with --grid' },
    )
  }
  const { stepM } = region.sampling
  const plan = { centre: region.centre, stepM, patchPx, stridePx, gsd, spacingM }
  // Per window as many patches as points; a patch costs what its pixels cost.
  const { spanM, passPx, passes } = createDenseLattice(plan)
  const stepMax = Math.floor((spanM * patchPx) / passPx / passes)
  if (stepM > stepMax) {
    throw new InputError(
      'dense-grid',
      `Expected a grid of at most ${stepMax} m for --dense, got ${stepM} m`,
      { hint: 'build without --dense: it is faster for so few points' },
    )
  }
  return fitLattice(plan, region.boundary)
}

/**
 * Makes the way.
 * @throws {InputError} as `denseLatticeOf` and `needWindows`
 */
export function createDenseWay(site: BuildSite, spacingM: number): BuildWay {
  const { region, encoder, source, clock } = site
  const lattice = denseLatticeOf(region, encoder, spacingM)
  const geometry = mapGeometryOf(encoder.card)
  const { gsd } = patchSizeOf(encoder.card)
  const maps = { region, encoder: needMaps(encoder), geometry, lattice }
  const gate = clock.watch(createGate(WINDOWS_UNDER_WAY))
  const cutting = { source: needWindows(source), lattice, gsd, gate }
  const idSpan = idSpanOf(region, lattice)
  return {
    claimsUnderWay: CLAIMS_UNDER_WAY,
    claim: (db, lease) =>
      claimBlock(db, { ...lease, idSpan, blockOf: (first) => blockOf(lattice, first) }),
    find: async (points, signal) => {
      const { windows, unavailable, failed } = await cutWindows(cutting, points, signal)
      const cut = windows.flatMap(({ placed }) => placed)
      const black = windows.flatMap(({ window, placed }) =>
        placed.filter(({ square }) => isBlack(window.image, square)),
      )
      const embed = () => embedWindows(maps, windows)
      return { cut, unavailable, failed, blackCount: black.length, embed }
    },
  }
}

/** Some windows from the one of a point eastwards. */
function blockOf(lattice: DenseLattice, first: RoadPoint): Block {
  const { column, row } = lattice.windowOf(first)
  const isInside = (place: WindowPlace) =>
    place.row === row && place.column >= column && place.column < column + CLAIM_WINDOWS
  const last = { column: column + CLAIM_WINDOWS - 1, row }
  return {
    bbox: lattice.boxOf({ column, row }, last),
    has: (point) => isInside(lattice.windowOf(point)),
  }
}

/** Grid points are numbered row by row: how many lie in the rows of a window, at most. */
function idSpanOf({ boundary, centre, sampling }: Region, { spanM }: DenseLattice): number {
  const stepM = sampling.kind === 'grid' ? sampling.stepM : spanM
  const [west, south, east, north] = bboxOf(boundary)
  const projection = createLaea(centre)
  const xs = [south, (south + north) / 2, north].flatMap((lat) =>
    [west, east].map((lon) => projection.forward({ lon, lat })[0]),
  )
  const columns = (Math.max(...xs) - Math.min(...xs)) / stepM + 2
  return Math.ceil(columns * (spanM / stepM + 1))
}

/** The model's maps, where `denseLatticeOf` has found that it has some. */
export function needMaps(encoder: Encoder): Required<Pick<Encoder, 'encodeMap'>> {
  const encodeMap = encoder.encodeMap?.bind(encoder)
  if (encodeMap !== undefined) return { encodeMap }
  throw new Error(`The encoder of "${encoder.card.name}" does not read its logitsmap`)
}

/** @throws {InputError} `imagery-without-windows` when the source has single patches only */
export function needWindows(source: ImagerySource): Required<Pick<ImagerySource, 'window'>> {
  const window = source.window?.bind(source)
  if (window !== undefined) return { window }
  throw new InputError(
    'imagery-without-windows',
    'Expected imagery that goes on beyond a patch for --dense, got patches that are already cut',
    { hint: 'build without --dense' },
  )
}
