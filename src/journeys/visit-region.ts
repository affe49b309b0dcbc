/**
 * One process takes part in the build of one region, for as long as there is something to claim.
 */
import { InputError } from '../errors.ts'
import type { Encoder } from '../embedding/encoder.ts'
import { recordRuntime } from '../gallery/builds.ts'
import { findBuildPlan } from '../gallery/build-plan.ts'
import { countPoints } from '../gallery/points.ts'
import type { Region } from '../types.ts'
import { buildBatches, LEASE_S } from './build-batches.ts'
import { BuildMeter, noProgress, type BuildProgress } from './build-progress.ts'
import { untilDatabaseAnswers } from './database-away.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'
import { createProbe } from './probe-imagery.ts'
import { openSourceToBuild } from './region-source.ts'

/** What held the build up, and may do so still. */
const PROBED = ['host-down', 'file-changed']

/** How a build is watched and stopped. */
export interface BuildOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: BuildProgress) => void
  /** Seconds after which the batch of a worker that fell silent is given to others. */
  readonly leaseS?: number
}

/**
 * Builds batches until nothing can be claimed, the build is stopped, the region is to be built
 * otherwise or something holds it up.
 * @param before  what this process had told of the region, so that its figures go on
 * @throws {UpstreamError} what holds it up; {InputError} `model-mismatch` and those of the source
 */
export async function visitRegion(
  outside: Outside,
  { name, before }: { readonly name: string; readonly before: BuildProgress | undefined },
  options: BuildOptions,
): Promise<void> {
  // When any of it changes after this, nothing more is claimed or stored.
  const plan = await findBuildPlan(outside.db, name)
  const { region } = plan
  const encoder = await outside.encoder('overhead')
  refuseOtherModel(region, encoder)
  const source = await openSourceToBuild(outside, { ...region, stamp: plan.stamp }, options.signal)
  try {
    await recordRuntime(outside.db, region.id, encoder.runtime)
    const count = () =>
      untilDatabaseAnswers(() => countPoints(outside.db, region.id), options.signal)
    const now = () => outside.now().getTime()
    const meter = new BuildMeter({ now, before: before ?? noProgress(name), counts: await count() })
    const leaseS = options.leaseS ?? LEASE_S
    const probe = createProbe(outside, { region, source, size: patchSizeOf(encoder.card) })
    // Before a host that was down, or whose file was exchanged, is asked for hundreds of points, it
    // is asked for a few.
    const isDoubted = PROBED.includes(region.problem?.code ?? '')
    const silence = isDoubted ? await probe(options.signal) : null
    if (silence !== null) throw silence
    const site = { ...plan, encoder, source, probe, clock: meter.clock, leaseS }
    for await (const outcome of buildBatches(outside, site, options.signal)) {
      meter.add(outcome)
      if (meter.isStale()) {
        const askedAt = now()
        meter.recount(await count(), askedAt)
      }
      options.onProgress(meter.progress())
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
    {
      hint: `give --overhead-model ${region.model.name}, or set WHEREABOUTS_OVERHEAD_MODEL to it; where \`whereabouts models list\` shows no such model, create the region anew`,
    },
  )
}
