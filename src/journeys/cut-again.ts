/** A row of the gallery → the pixels that it was made of, cut again. */
import { BadDataError } from '../errors.ts'
import type { ImagerySource, PatchRequest } from '../imagery/source.ts'
import { cutSquare, whyMissing } from '../imagery/window.ts'
import type { Candidate } from '../heatmap-types.ts'
import type { Rgb8 } from '../types.ts'

/**
 * Cuts the patch of a point, or the part of a window that stands for it.
 * @throws {BadDataError} when there is no imagery any more
 * @throws {UpstreamError} when the source cannot answer now
 */
export async function cutAgain(
  source: ImagerySource,
  { point, reference }: Pick<Candidate, 'point' | 'reference'>,
  request: PatchRequest,
): Promise<Rgb8> {
  const { signal } = new AbortController()
  const { dense } = reference
  if (dense === undefined || source.window === undefined) {
    return (await source.patch(point, request, signal)).image
  }
  const [lon, lat] = dense.centre
  const window = await source.window({ lon, lat }, { ...request, px: dense.windowPx }, signal)
  const [x, y] = dense.square
  const square = { x, y, px: request.px }
  const reason = whyMissing(window, square)
  if (reason === null) return cutSquare(window.image, square)
  throw new BadDataError(reason, `Expected imagery in the window of point ${point.id}, got none`)
}
