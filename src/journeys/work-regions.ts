/**
 * The loop of everybody who builds: looks for regions whose build is wanted, takes part in each,
 * waits where a host is down, and marks those built that have no open point left. Any number of
 * processes may run it on one database.
 */
import { UpstreamError } from '../errors.ts'
import {
  findHeldPoints,
  findWantedRegions,
  finishBuild,
  recordProblem,
  stopBuild,
  type WantedRegion,
} from '../gallery/builds.ts'
import { countPoints } from '../gallery/points.ts'
import { noProgress, type BuildProgress } from './build-progress.ts'
import { untilDatabaseAnswers } from './database-away.ts'
import { pause } from './flow.ts'
import {
  asExchanged,
  HOLD_UP_WAIT,
  holdUpAfter,
  isOnlyHere,
  problemOf,
  whyHopeless,
  type HoldUp,
  type WaitLimits,
} from './hold-up.ts'
import type { Outside } from './outside.ts'
import { visitRegion, type BuildOptions } from './visit-region.ts'

/** How often somebody without work looks for some: first, and at most. */
const LOOK_MS = { first: 100, most: 5000 }
/**
 * A region that this process cannot build (another model, files that are not here) is tried again
 * after this.
 */
const GIVEN_UP_MS = 60_000
/** What a region could not be told about in the database either. */
const cannotStore: ReadonlySet<string> = new Set([
  'database-full',
  'database-read-only',
  'database-forbidden',
])

/** No clock on the wall: when that is set back, a wait of a second must not last for an hour. */
const elapsedMs = () => performance.now()

/** What a worker is to do. */
export interface WorkOptions extends BuildOptions {
  /** Only these regions; null: all. */
  readonly names: readonly string[] | null
  /** Ends when no build is wanted that this process can take part in. */
  readonly isOnce: boolean
  /**
   * Told when a region cannot be built by this process: throw to end, or return to leave the region
   * to others. Regions that only wait are not told here but by `onProgress`.
   */
  readonly onError: (error: unknown, region: string) => void
  readonly wait?: WaitLimits
}

/** What one process remembers of a region; its waits end on the clock of `elapsedMs`. */
interface Memory {
  progress?: BuildProgress
  holdUp?: HoldUp
  heldUpUntilMs?: number
  givenUpUntilMs?: number
  /** What it said last that it waits for. */
  toldWaiting?: string
}

/**
 * Works until the signal, or with `isOnce` until there is nothing to do.
 * @throws what `onError` throws, and `UpstreamError` when the database is away at the stop
 */
export async function workRegions(outside: Outside, options: WorkOptions): Promise<void> {
  const { names, isOnce, signal } = options
  const memories = new Map<number, Memory>()
  const memoryOf = (id: number): Memory => {
    const memory = memories.get(id) ?? {}
    memories.set(id, memory)
    return memory
  }
  const look = async () => {
    const asked = { names, worker: outside.workerId }
    const wanted = await untilDatabaseAnswers(() => findWantedRegions(outside.db, asked), signal)
    const now = elapsedMs()
    return wanted.filter(({ id }) => now >= (memoryOf(id).givenUpUntilMs ?? 0))
  }
  let lookMs = LOOK_MS.first
  while (!signal.aborted) {
    const regions = await look()
    if (isOnce && regions.length === 0) return
    let hasWorked = false
    for (const region of regions) {
      if (await attend(outside, { region, memory: memoryOf(region.id) }, options)) hasWorked = true
    }
    lookMs = hasWorked ? LOOK_MS.first : Math.min(2 * lookMs, LOOK_MS.most)
    if (!hasWorked) await pause(lookMs, signal)
  }
}

interface Attended {
  readonly region: WantedRegion
  readonly memory: Memory
}

/** @returns whether something was done for the region */
async function attend(
  outside: Outside,
  { region, memory }: Attended,
  options: WorkOptions,
): Promise<boolean> {
  const { name, isClaimable } = region
  if (options.signal.aborted) return false
  if (memory.holdUp !== undefined && elapsedMs() < (memory.heldUpUntilMs ?? 0)) return false
  if (!isClaimable) {
    return untilDatabaseAnswers(
      () => finishOrTell(outside, { region, memory }, options),
      options.signal,
    )
  }
  const before = memory.progress
  try {
    await visitRegion(
      outside,
      { name, before: memory.progress },
      {
        ...options,
        onProgress: (progress) => {
          memory.progress = progress
          if (hasComeOn(progress, before)) delete memory.holdUp
          options.onProgress(progress)
        },
      },
    )
    delete memory.holdUp
  } catch (error) {
    if (options.signal.aborted) return true
    await untilDatabaseAnswers(
      () => heldUp(outside, { region, memory }, { error, options }),
      options.signal,
    )
  }
  return true
}

/** Points were done with, or put off: the next hold-up is the first of its kind. */
function hasComeOn(now: BuildProgress, before: BuildProgress | undefined): boolean {
  const failures = (progress?: BuildProgress) => JSON.stringify(progress?.failures ?? {})
  return now.done !== before?.done || failures(now) !== failures(before)
}

/**
 * Nothing can be claimed: the region is built, or what is left has to be waited for.
 * @returns whether it is built now
 */
async function finishOrTell(
  { db }: Outside,
  { region, memory }: Attended,
  { onProgress }: WorkOptions,
): Promise<boolean> {
  if (await finishBuild(db, region.id)) return true
  const waiting = await findHeldPoints(db, region.id)
  const told = JSON.stringify(waiting)
  if (told === memory.toldWaiting) return false
  memory.toldWaiting = told
  const counts = await countPoints(db, region.id)
  onProgress({ ...(memory.progress ?? noProgress(region.name)), counts, problem: null, waiting })
  return false
}

/** Waits that heal are told and kept; for all else this process gives the region up. */
async function heldUp(
  outside: Outside,
  { region, memory }: Attended,
  { error: given, options }: { readonly error: unknown; readonly options: WorkOptions },
): Promise<void> {
  const now = outside.now()
  const error = asExchanged(given, memory.progress !== undefined)
  const counts = await countPoints(outside.db, region.id)
  const settled = counts.total - counts.pending - counts.leased
  const hopeless = error instanceof UpstreamError ? whyHopeless(error, memory.holdUp) : null
  if (error instanceof UpstreamError && hopeless === null) {
    const limits = options.wait ?? HOLD_UP_WAIT
    memory.holdUp = holdUpAfter(error, memory.holdUp, { now, limits, settled })
    const { problem, untilMs } = memory.holdUp
    memory.heldUpUntilMs = elapsedMs() + untilMs - now.getTime()
    if (!cannotStore.has(error.code)) await recordProblem(outside.db, region.id, problem)
    options.onProgress({ ...(memory.progress ?? noProgress(region.name)), counts, problem })
    return
  }
  await giveUp(outside, { region, memory }, { error, hopeless, settled, options })
}

/** How it came that a process gives a region up. */
interface GivenUp {
  readonly error: unknown
  /**
   * What no waiting heals; null: the error is no such thing, as a mistake in what this process was
   * given.
   */
  readonly hopeless: UpstreamError | null
  /** The region's points that are done with. */
  readonly settled: number
  readonly options: WorkOptions
}

/**
 * What no waiting heals stops the build, unless others get on with it: then the region is left to
 * them.
 */
async function giveUp(
  outside: Outside,
  { region, memory }: Attended,
  { error, hopeless, settled, options }: GivenUp,
): Promise<void> {
  const now = outside.now()
  memory.givenUpUntilMs = options.isOnce ? Infinity : elapsedMs() + GIVEN_UP_MS
  if (hopeless !== null && !isOnlyHere(hopeless, memory.holdUp, settled)) {
    await stopBuild(outside.db, region.id, problemOf(hopeless, now))
  }
  // Tried again after that, it counts anew: the others may have left meanwhile.
  delete memory.holdUp
  options.onError(hopeless ?? error, region.name)
}
