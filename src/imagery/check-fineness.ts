/** Is imagery fine enough for the patches that are cut from it? */
import { InputError } from '../errors.ts'
import type { PyramidFields } from './kinds/common.ts'
import type { PatchSize } from './source.ts'

/** Pixels that are coarser than the patch's by more than this are refused, unless the source allows them. */
const COARSER_MAX = 4

/**
 * Compares metres per pixel.
 * @returns the source's where they are coarser than the patch's, to be told with it; else `null`
 * @throws {InputError} `imagery-too-coarse`
 */
export function checkFineness(
  sourceGsd: number,
  { gsd }: PatchSize,
  { allowCoarse, maxZoom }: Pick<PyramidFields, 'allowCoarse' | 'maxZoom'>,
): number | null {
  if (sourceGsd <= gsd * (1 + 1e-9)) return null
  if (sourceGsd > gsd * COARSER_MAX && allowCoarse !== true) {
    throw new InputError(
      'imagery-too-coarse',
      `Expected imagery of about ${String(gsd)} m/px, got ${sourceGsd.toFixed(1)} m/px at zoom ${String(maxZoom)}`,
      { hint: 'use a finer source; "allowCoarse": true takes it all the same, with poor results' },
    )
  }
  return Number(sourceGsd.toPrecision(4))
}
