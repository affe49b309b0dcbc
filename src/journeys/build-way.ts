/**
 * How the points of a claim become rows: patch by patch (`build-batches.ts`), or whole windows
 * (`build-dense.ts`).
 */
import type { Database } from '../gallery/database.ts'
import type { ClaimedPoint, PointClaim } from '../gallery/points.ts'
import type { EmbeddedPoint, UnavailablePoint } from '../types.ts'
import type { FailedPatch } from './cut-patches.ts'

/** A way to build. */
export interface BuildWay {
  /** Claims that a worker holds at a time, each in its own step. */
  readonly claimsUnderWay: number
  claim(db: Database, lease: Omit<PointClaim, 'count'>): Promise<ClaimedPoint[]>
  /** Finds the pictures of a claim. */
  find(points: readonly ClaimedPoint[], signal: AbortSignal): Promise<Found>
}

/** The pictures of a claim, to be embedded. */
export interface Found {
  /** Entries for the points whose imagery came. */
  readonly cut: readonly unknown[]
  readonly unavailable: readonly UnavailablePoint[]
  readonly failed: readonly FailedPatch[]
  /** Points whose patches are black as where a picture has no data. */
  readonly blackCount: number
  /** Points whose imagery is in the gallery already. */
  readonly unchanged?: readonly number[]
  embed(): Promise<EmbeddedPoint[]>
}
