/**
 * A region → its source of imagery, whose files are stretched by the levels on record, whatever
 * they would measure now.
 */
import { findStretches, keepStretch } from '../gallery/stretches.ts'
import { parseImageryConfig } from '../imagery/config.ts'
import type { SourceOptions, StretchMemory } from '../imagery/deps.ts'
import { withoutSignatures } from '../imagery/signed-address.ts'
import type { ImagerySource } from '../imagery/source.ts'
import type { Region, Stretch, Stretches } from '../types.ts'
import { untilDatabaseAnswers } from './database-away.ts'
import type { Outside } from './outside.ts'

/** What opening a region's source needs. */
type SourceOutside = Pick<Outside, 'db' | 'openSource'>
type Imaged = Pick<Region, 'id' | 'imagery'>

/**
 * Opens the imagery of a region to look at it again: nothing is recorded.
 * @throws those of the source
 */
export async function openRegionSource(
  outside: SourceOutside,
  region: Imaged,
  options: SourceOptions = {},
): Promise<ImagerySource> {
  const known = await findStretches(outside.db, region.id)
  return openWith(outside, region, {
    ...options,
    stretches: remember(known, (_file, measured) => Promise.resolve(measured)),
  })
}

/**
 * Opens the imagery of a region to build it: what is measured now is recorded, and counts for all
 * who build it.
 * @param region.stamp  of its plan (`findBuildPlan`)
 * @throws those of the source
 */
export async function openSourceToBuild(
  outside: SourceOutside,
  region: Imaged & { readonly stamp: string },
  signal: AbortSignal,
): Promise<ImagerySource> {
  const { db } = outside
  const measured = { regionId: region.id, stamp: region.stamp }
  const known = await untilDatabaseAnswers(() => findStretches(db, region.id), signal)
  const keep: StretchMemory['keep'] = (file, levels) =>
    untilDatabaseAnswers(() => keepStretch(db, { ...measured, file, levels }), signal)
  return openWith(outside, region, { signal, stretches: remember(known, keep) })
}

/** For a region that is not written yet. @returns the memory, and what was measured so far */
export function collectStretches(): {
  readonly stretches: StretchMemory
  readonly measured: () => Stretches
} {
  const found = new Map<string, Stretch>()
  const keep: StretchMemory['keep'] = async (file, measured) => {
    found.set(file, measured)
    return measured
  }
  return {
    stretches: { find: (file) => found.get(file), keep },
    measured: () => Object.fromEntries(found),
  }
}

function remember(known: Stretches, keep: StretchMemory['keep']): StretchMemory {
  const byFile = new Map(Object.entries(withoutSignatures(known)))
  return {
    find: (file) => byFile.get(file),
    keep: async (file, measured) => {
      const levels = await keep(file, measured)
      byFile.set(file, levels)
      return levels
    },
  }
}

function openWith(outside: SourceOutside, { imagery }: Imaged, options: SourceOptions) {
  return outside.openSource(parseImageryConfig(imagery), options)
}
