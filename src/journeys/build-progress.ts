/**
 * What a build tells while it runs: how many are done, how fast, and which step everything waits
 * for.
 */
import type { BatchCounts } from '../gallery/embeddings.ts'
import type { HeldPoints } from '../gallery/builds.ts'
import type { PointCounts } from '../gallery/points.ts'
import { timeDownloads } from '../imagery/download-time.ts'
import type { BuildProblem, UnavailablePoint } from '../types.ts'
import type { Gate } from './flow.ts'

/**
 * The steps that a batch waits for: hosts, the reading, decoding and cutting of imagery, the model,
 * the database.
 */
export type BuildStep = 'download' | 'cutting' | 'inference' | 'database'

/** What is timed of a batch; `imagery` is told apart by its patches (`StepClock.watch`). */
type TimedStep = 'imagery' | 'inference' | 'database'

/** What the build tells after every batch, and when it is held up. */
export interface BuildProgress {
  readonly region: string
  /** What other workers did shows a few seconds later. */
  readonly counts: PointCounts
  /** Points finished by this process since it began, and the seconds it took. */
  readonly done: number
  readonly elapsedS: number
  /**
   * Share of the batches' time that is spent in or in front of each step, 0…1: the largest is the
   * bottleneck.
   */
  readonly steps: Readonly<Record<BuildStep, number>>
  /** Points of `done` whose patches are black as where a picture has no data. */
  readonly blackCount: number
  /** Failures of this process that are tried again, by code. */
  readonly failures: Readonly<Record<string, number>>
  /** Why nothing is done at the moment. */
  readonly problem: BuildProblem | null
  /** What is left while nothing can be claimed: points that were put off, or that others hold. */
  readonly waiting?: HeldPoints
}

/** What a process has done, without what it knows of others. */
export type OwnProgress = Omit<BuildProgress, 'counts' | 'problem'>

/** Before the first batch. */
export function noProgress(region: string): OwnProgress {
  const steps = { download: 0, cutting: 0, inference: 0, database: 0 }
  return { region, done: 0, elapsedS: 0, steps, blackCount: 0, failures: {} }
}

/** Adds up the time of each step over the last half minute or so. */
export class StepClock {
  readonly #now: () => number
  readonly #spentMs: Record<TimedStep, number> = { imagery: 0, inference: 0, database: 0 }
  /** Of patches or windows, many at a time. */
  readonly #patches = { totalMs: 0, downloadMs: 0 }

  /** @param now  milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  async time<T>(step: TimedStep, work: () => Promise<T>): Promise<T> {
    const startedAt = this.#now()
    try {
      return await work()
    } finally {
      this.#spentMs[step] += this.#now() - startedAt
    }
  }

  /** The same gate, with the time of what it lets through told apart: downloads, and the rest. */
  watch(gate: Gate): Gate {
    return (work) =>
      gate(() =>
        timeDownloads(work, ({ totalMs, downloadMs }) => {
          this.#patches.totalMs += totalMs
          this.#patches.downloadMs += downloadMs
        }),
      )
  }

  shares(): Record<BuildStep, number> {
    const { imagery, inference, database } = this.#spentMs
    const total = Math.max(imagery + inference + database, 1e-9)
    const downloaded = this.#patches.downloadMs / Math.max(this.#patches.totalMs, 1e-9)
    return {
      download: (imagery / total) * downloaded,
      cutting: (imagery / total) * (1 - downloaded),
      inference: inference / total,
      database: database / total,
    }
  }

  /** Lets what was count half of what comes. */
  fade(): void {
    for (const step of ['imagery', 'inference', 'database'] as const) this.#spentMs[step] /= 2
    for (const part of ['totalMs', 'downloadMs'] as const) this.#patches[part] /= 2
  }
}

/** How one batch ended. */
export interface BatchOutcome {
  readonly stored: BatchCounts
  /** When it was stored, milliseconds since 1970. */
  readonly storedAt: number
  readonly unavailable: readonly UnavailablePoint[]
  /** Of the stored. */
  readonly blackCount: number
  /** Codes of the failures that are tried again. */
  readonly failures: readonly string[]
}

/** Counting all points takes a scan: in between, the batches of this process are added up. */
const RECOUNT_EVERY_MS = 15_000

/** Adds up the batches of one visit, on top of what this process had done before. */
export class BuildMeter {
  readonly clock: StepClock
  readonly #now: () => number
  readonly #before: OwnProgress
  readonly #failures: Record<string, number>
  readonly #startedAt: number
  #counts: PointCounts
  #countedAt: number
  #done: number
  #blackCount: number

  constructor(start: {
    /** Milliseconds since 1970. */
    readonly now: () => number
    readonly before: OwnProgress
    readonly counts: PointCounts
  }) {
    this.clock = new StepClock(start.now)
    this.#now = start.now
    this.#before = start.before
    this.#failures = { ...start.before.failures }
    this.#startedAt = this.#countedAt = start.now()
    this.#counts = start.counts
    this.#done = start.before.done
    this.#blackCount = start.before.blackCount
  }

  add(outcome: BatchOutcome): void {
    this.#done += outcome.stored.embedded + outcome.stored.unavailable
    this.#blackCount += outcome.blackCount
    // Several batches are stored while one is counted: what the count has seen is in it.
    if (outcome.storedAt >= this.#countedAt) this.#counts = addOutcome(this.#counts, outcome)
    for (const code of outcome.failures) this.#failures[code] = (this.#failures[code] ?? 0) + 1
  }

  /** Others may have done much since the last count. */
  isStale(): boolean {
    return this.#now() - this.#countedAt > RECOUNT_EVERY_MS
  }

  /** @param askedAt  when counting began, milliseconds since 1970 */
  recount(counts: PointCounts, askedAt: number): void {
    this.#counts = counts
    this.#countedAt = askedAt
    this.clock.fade()
  }

  progress(): BuildProgress {
    return {
      region: this.#before.region,
      counts: this.#counts,
      done: this.#done,
      elapsedS: this.#before.elapsedS + (this.#now() - this.#startedAt) / 1000,
      steps: this.clock.shares(),
      blackCount: this.#blackCount,
      failures: { ...this.#failures },
      problem: null,
    }
  }
}

/** Counts after a batch, without asking the database again. */
export function addOutcome(
  counts: PointCounts,
  { stored, unavailable }: BatchOutcome,
): PointCounts {
  const reasons = { ...counts.unavailable }
  for (const { reason } of unavailable) reasons[reason] = (reasons[reason] ?? 0) + 1
  const doneCount = stored.embedded + stored.unavailable
  // The last count saw as leased what was under way then.
  const leasedCount = Math.min(counts.leased, doneCount)
  return {
    total: counts.total,
    pending: Math.max(0, counts.pending - (doneCount - leasedCount)),
    leased: counts.leased - leasedCount,
    embedded: counts.embedded + stored.embedded,
    unavailable: reasons,
  }
}
