/** Claimed points → the windows that hold their patches, and for the others why not. */
import { UpstreamError } from '../errors.ts'
import type { ClaimedPoint } from '../gallery/points.ts'
import type { ImagerySource, ImageryWindow, PixelSquare } from '../imagery/source.ts'
import { whyMissing } from '../imagery/window.ts'
import type { LonLat, UnavailablePoint } from '../types.ts'
import type { FailedPatch } from './cut-patches.ts'
import { surroundingsFinder, type Surroundings } from './dense-border.ts'
import type { DenseLattice, DensePlace, WindowPlace } from './dense-lattice.ts'
import { mapOrdered, type Gate } from './flow.ts'

/** A point and the patch that stands for it. */
export interface PlacedPoint extends DensePlace {
  readonly point: ClaimedPoint
}

/** A window and the points that it has a patch for. */
export interface ServingWindow {
  readonly centre: LonLat
  readonly window: ImageryWindow
  readonly placed: readonly PlacedPoint[]
}

/** What became of a claim. */
export interface CutWindows {
  readonly windows: readonly ServingWindow[]
  readonly unavailable: readonly UnavailablePoint[]
  readonly failed: readonly FailedPatch[]
}

/** From where windows are cut, and how many at a time. */
export interface WindowContext {
  readonly source: Required<Pick<ImagerySource, 'window'>>
  readonly lattice: DenseLattice
  readonly gsd: number
  readonly gate: Gate
}

/** @throws what the signal says, and bugs; everything that a source may answer is in the result */
export async function cutWindows(
  context: WindowContext,
  points: readonly ClaimedPoint[],
  signal: AbortSignal,
): Promise<CutWindows> {
  const groups = groupByWindow(context.lattice, points)
  const windows: ServingWindow[] = []
  const unavailable: UnavailablePoint[] = []
  const failed: FailedPatch[] = []
  const results = mapOrdered(groups, groups.length, (group) => cutOne(context, group, signal))
  for await (const result of results) {
    if ('failed' in result) failed.push(...result.failed)
    else {
      if (result.placed.length > 0) windows.push(result)
      unavailable.push(...result.unavailable)
    }
  }
  return { windows, unavailable, failed }
}

interface Group {
  readonly place: WindowPlace
  readonly points: ClaimedPoint[]
}

function groupByWindow(lattice: DenseLattice, points: readonly ClaimedPoint[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const point of points) {
    const place = lattice.windowOf(point)
    const key = `${place.column},${place.row}`
    const group = groups.get(key) ?? { place, points: [] }
    group.points.push(point)
    groups.set(key, group)
  }
  return [...groups.values()]
}

type Served = ServingWindow & { readonly unavailable: readonly UnavailablePoint[] }

function cutOne(
  { source, lattice, gsd, gate }: WindowContext,
  { place, points }: Group,
  signal: AbortSignal,
): Promise<Served | { readonly failed: readonly FailedPatch[] }> {
  return gate(async () => {
    signal.throwIfAborted()
    const centre = lattice.centreOf(place)
    try {
      const window = await source.window(centre, { px: lattice.windowPx, gsd }, signal)
      const nearest = lattice.patchFinder(place)
      const around = surroundingsFinder(lattice, centre, gsd)
      return { centre, window, ...serve(window, points, { nearest, around }) }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof UpstreamError) {
        return { failed: points.map((point) => ({ point, error })) }
      }
      throw error
    }
  })
}

/** How the patch of a point is found. */
interface Finders {
  readonly nearest: (point: LonLat) => DensePlace
  readonly around: (point: LonLat, patchPx: number) => Surroundings
}

/** Finds the patch of each point and says which are missing. */
function serve(window: ImageryWindow, points: readonly ClaimedPoint[], find: Finders) {
  const reasonOf = reasonFinder(window)
  const beside = (point: LonLat, patchPx: number): DensePlace | undefined => {
    const { own, patches } = find.around(point, patchPx)
    const whole = patches.find(({ square }) => reasonOf(square) === null)
    // Last, because each point has its own: far outside, nothing around is whole.
    return whole !== undefined && whyMissing(window, own) === null ? whole : undefined
  }
  const placed: PlacedPoint[] = []
  const unavailable: UnavailablePoint[] = []
  for (const point of points) {
    const nearest = find.nearest(point)
    const reason = reasonOf(nearest.square)
    const place = reason === null ? nearest : beside(point, nearest.square.px)
    if (place !== undefined) placed.push({ point, ...place })
    else if (reason !== null) unavailable.push({ id: point.id, reason })
  }
  return { placed, unavailable }
}

/** Why the patch in a square is missing; looked at once for all points that share it. */
function reasonFinder(window: ImageryWindow): (square: PixelSquare) => string | null {
  const reasons = new Map<string, string | null>()
  return (square) => {
    const key = `${square.x},${square.y}`
    const known = reasons.get(key)
    const reason = known === undefined ? whyMissing(window, square) : known
    reasons.set(key, reason)
    return reason
  }
}
