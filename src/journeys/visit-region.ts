/** One process takes part in the build of one region, for as long as there is something to claim. */
import { InputError } from '../errors.ts'
import type { Encoder } from '../embedding/encoder.ts'
import { recordRuntime } from '../gallery/builds.ts'
import { countPoints } from '../gallery/points.ts'
import { findRegion } from '../gallery/regions.ts'
import { parseImageryConfig } from '../imagery/config.ts'
import type { Region } from '../types.ts'
import { buildBatches } from './build-batches.ts'
import { addOutcome, StepClock, type BuildProgress } from './build-progress.ts'
import type { Outside } from './outside.ts'

/** Counting all points takes a scan: in between, the batches of this process are added up. */
const RECOUNT_EVERY_MS = 15_000

/** How a build is watched and stopped. */
export interface BuildOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: BuildProgress) => void
}

/**
 * Builds batches until nothing can be claimed, the build is stopped or something holds it up.
 * @param before  what this process had told of the region, so that its figures go on
 * @throws {UpstreamError} what holds it up; {InputError} `model-mismatch` and those of the source
 */
export async function visitRegion(
  outside: Outside,
  { name, before }: { readonly name: string; readonly before: BuildProgress | undefined },
  { signal, onProgress }: BuildOptions,
): Promise<void> {
  const region = await findRegion(outside.db, name)
  const encoder = await outside.encoder('overhead')
  refuseOtherModel(region, encoder)
  const source = await outside.openSource(parseImageryConfig(region.imagery))
  try {
    await recordRuntime(outside.db, region.id, encoder.runtime)
    const now = () => outside.now().getTime()
    const clock = new StepClock(now)
    const startedAt = now() - 1000 * (before?.elapsedS ?? 0)
    let countedAt = now()
    let counts = await countPoints(outside.db, region.id)
    let done = before?.done ?? 0
    const failures = { ...before?.failures }
    for await (const outcome of buildBatches(outside, { region, encoder, source, clock }, signal)) {
      done += outcome.stored.embedded + outcome.stored.unavailable
      counts = addOutcome(counts, outcome)
      for (const code of outcome.failures) failures[code] = (failures[code] ?? 0) + 1
      if (now() - countedAt > RECOUNT_EVERY_MS) {
        counts = await countPoints(outside.db, region.id)
        countedAt = now()
        clock.fade()
      }
      const elapsedS = (now() - startedAt) / 1000
      const steps = clock.shares()
      onProgress({ region: name, counts, done, elapsedS, steps, failures, problem: null })
    }
  } finally {
    await source.close()
  }
}

/** @throws {InputError} `model-mismatch` when the loaded model is not the region's */
export function refuseOtherModel(region: Region, encoder: Encoder): void {
  if (region.model.sha256 === encoder.card.sha256) return
  throw new InputError(
    'model-mismatch',
    `Expected model ${region.model.name} (${region.model.sha256.slice(0, 12)}) for region "${region.name}", got ${encoder.card.name} (${encoder.card.sha256.slice(0, 12)})`,
    { hint: `give --overhead-model ${region.model.name}, or create the region anew` },
  )
}
