/** The wish for a dense build, before it begins. */
import { InputError } from '../errors.ts'
import { settleDense } from '../gallery/builds.ts'
import { countPoints } from '../gallery/points.ts'
import { findDatePolicy } from '../gallery/refresh.ts'
import { findRegion } from '../gallery/regions.ts'
import { denseLatticeOf, needWindows, spacingOf } from './build-dense.ts'
import { nextCommand } from './next-command.ts'
import type { Outside } from './outside.ts'
import { refuseBuilding, underWay } from './refuse-building.ts'
import { openRegionSource } from './region-source.ts'
import { refuseOtherModel } from './visit-region.ts'

/**
 * Settles that a region is built densely, by this and every later build of it, whoever runs it:
 * rows from windows and rows from single patches do not compare.
 * @param spacingM  a patch every so many metres; null: the stride of the model
 * @returns the spacing
 * @throws {InputError} `dense-mixed` when other rows are there already; `region-building` when they
 *   are about to be; `dense-grid`, `dense-spacing`, `model-without-map`, `imagery-without-windows`
 *   where there is no dense way
 */
export async function requestDense(
  outside: Outside,
  name: string,
  spacingM: number | null,
): Promise<number> {
  const region = await findRegion(outside.db, name)
  const encoder = await outside.encoder('overhead')
  refuseOtherModel(region, encoder)
  const denseM = spacingOf(encoder, spacingM)
  denseLatticeOf(region, encoder, denseM)
  const source = await openRegionSource(outside, region)
  try {
    needWindows(source)
  } finally {
    await source.close()
  }
  const { vintages } = await findDatePolicy(outside.db, region.id)
  if (vintages > 1) {
    throw new InputError(
      'dense-dates',
      `Expected one picture of each place for --dense, got ${vintages} (--vintages)`,
      { hint: 'build without --dense, or with --vintages 1' },
    )
  }
  const known = region.runtime?.denseM
  if (known === denseM) return denseM
  refuseBuilding(region, '--dense')
  const { embedded } = await countPoints(outside.db, region.id)
  if (embedded === 0) {
    const runtime = { ...encoder.runtime, denseM }
    // Somebody may have begun a build since the region was read.
    if (!(await settleDense(outside.db, region.id, runtime))) throw underWay(name, '--dense')
    return denseM
  }
  const how = known === undefined ? 'patch by patch' : `with a patch every ${known} m`
  const build = nextCommand(outside, region, 'region build')
  throw new InputError(
    'dense-mixed',
    `Expected a region without embeddings for --dense at ${denseM} m, got ${embedded}, made ${how}`,
    {
      hint: `go on as it was begun: \`${build}\`; or create another region for this build; or remove this one first: \`whereabouts region delete ${name}\``,
    },
  )
}
