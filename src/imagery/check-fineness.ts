/** Is imagery fine enough for the patches that are cut from it, and not too fine? */
import { InputError } from '../errors.ts'
import type { PatchSize } from './source.ts'

/**
 * Pixels that are coarser than the patch's by more than this are refused, unless the source allows
 * them.
 */
const COARSER_MAX = 4

/**
 * Pixels that are finer than the patch's by more than this are advised against: 64 are read for
 * one.
 */
const FINER_MAX = 8
/** Where pixels are read that are far finer than needed. */
export const OVERVIEWS_HINT = 'give the files overviews: gdaladdo -r average FILE 2 4 8 16'

/**
 * Compares metres per pixel of what is read of a file for a patch, an overview where there is a
 * fitting one.
 * @returns what to tell the user where that is far too much, else nothing
 */
export function adviseOverviews(file: string, sourceGsd: number, { px, gsd }: PatchSize): string[] {
  if (sourceGsd * FINER_MAX >= gsd) return []
  const pixels = ((px * gsd) / sourceGsd) ** 2
  const each = `every patch reads ${(pixels / 1e6).toFixed(0)} million pixels of ${(100 * sourceGsd).toPrecision(2)} cm`
  return [`${file} has no overview that comes near ${gsd} m/px: ${each}; ${OVERVIEWS_HINT}`]
}

/**
 * Compares metres per pixel.
 * @param where  of the pixels, for the message: `at zoom 17`
 * @returns the source's where they are coarser than the patch's, to be told with it; else `null`
 * @throws {InputError} `imagery-too-coarse`
 */
export function checkFineness(
  sourceGsd: number,
  { gsd }: Pick<PatchSize, 'gsd'>,
  { allowCoarse, where }: { readonly allowCoarse?: boolean | undefined; readonly where: string },
): number | null {
  if (sourceGsd <= gsd * (1 + 1e-9)) return null
  if (sourceGsd > gsd * COARSER_MAX && allowCoarse !== true) {
    throw new InputError(
      'imagery-too-coarse',
      `Expected imagery of about ${String(gsd)} m/px, got ${sourceGsd.toFixed(1)} m/px ${where}`,
      { hint: 'use a finer source; "allowCoarse": true takes it all the same, with poor results' },
    )
  }
  return Number(sourceGsd.toPrecision(4))
}
