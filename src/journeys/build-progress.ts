/** What a build tells while it runs: how many are done, how fast, and which step everything waits for. */
import type { BatchCounts } from '../gallery/embeddings.ts'
import type { PointCounts } from '../gallery/points.ts'
import type { BuildProblem, UnavailablePoint } from '../types.ts'

/** The steps through which a batch passes. Fetching, decoding and cutting are all `imagery`. */
export type BuildStep = 'imagery' | 'inference' | 'database'

/** What the build tells after every batch, and when it is held up. */
export interface BuildProgress {
  readonly region: string
  /** What other workers did shows a few seconds later. */
  readonly counts: PointCounts
  /** Points finished by this process since it began, and the seconds it took. */
  readonly done: number
  readonly elapsedS: number
  /** Share of the batches' time that is spent in or in front of each step, 0…1: the largest is the bottleneck. */
  readonly steps: Readonly<Record<BuildStep, number>>
  /** Failures of this process that are tried again, by code. */
  readonly failures: Readonly<Record<string, number>>
  /** Why nothing is done at the moment. */
  readonly problem: BuildProblem | null
}

/** Before the first batch. */
export function noProgress(region: string): Omit<BuildProgress, 'counts' | 'problem'> {
  const steps = { imagery: 0, inference: 0, database: 0 }
  return { region, done: 0, elapsedS: 0, steps, failures: {} }
}

/** Adds up the time of each step over the last half minute or so. */
export class StepClock {
  readonly #now: () => number
  readonly #spentMs: Record<BuildStep, number> = { imagery: 0, inference: 0, database: 0 }

  /** @param now  milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  async time<T>(step: BuildStep, work: () => Promise<T>): Promise<T> {
    const startedAt = this.#now()
    try {
      return await work()
    } finally {
      this.#spentMs[step] += this.#now() - startedAt
    }
  }

  shares(): Record<BuildStep, number> {
    const { imagery, inference, database } = this.#spentMs
    const total = Math.max(imagery + inference + database, 1e-9)
    return { imagery: imagery / total, inference: inference / total, database: database / total }
  }

  /** Lets what was count half of what comes. */
  fade(): void {
    for (const step of ['imagery', 'inference', 'database'] as const) this.#spentMs[step] /= 2
  }
}

/** How one batch ended. */
export interface BatchOutcome {
  readonly stored: BatchCounts
  readonly unavailable: readonly UnavailablePoint[]
  /** Codes of the failures that are tried again. */
  readonly failures: readonly string[]
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
