/** What `locate` found → one HTML file with the photo beside the best patches. */
import { createHash } from 'node:crypto'
import type { KnownPlace } from '../heatmap/rank.ts'
import { renderSheet } from '../heatmap/sheet.ts'
import { WhereaboutsError } from '../errors.ts'
import type { ImagerySource, PatchRequest } from '../imagery/source.ts'
import type { Candidate } from '../heatmap-types.ts'
import type { Region } from '../types.ts'
import { cutAgain } from './cut-again.ts'
import type { Located } from './locate-photo.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'
import { openRegionSource } from './region-source.ts'

const PHOTO_JPEG_QUALITY = 85
const PATCH_JPEG_QUALITY = 90

/**
 * Cuts the patches of the candidates again and lays them out beside the photo. A patch that has
 * changed at the source since the build, or can't be had any more, is told and not hidden.
 */
export async function makeSheet(
  outside: Outside,
  { photos, heatmap, candidates }: Located,
  known: KnownPlace | null,
): Promise<string> {
  const source = await openOrTell(outside, heatmap.region)
  try {
    const [photo] = photos
    if (photo === undefined) throw new Error('makeSheet without a photo')
    const shown = []
    for (const candidate of candidates) shown.push(await showAgain(outside, source, candidate))
    return renderSheet({
      heatmap,
      photo: {
        name: photo.name,
        sha256: photo.sha256,
        scenes: photo.scenes,
        jpeg: await outside.encodeJpeg(photo.image, PHOTO_JPEG_QUALITY),
      },
      candidates: shown,
      ...(known && { known }),
    })
  } finally {
    if (!(source instanceof WhereaboutsError)) await source.close()
  }
}

/**
 * The files or keys of an imported region may be where it was built: then there are no pictures,
 * but all the rest.
 */
async function openOrTell(
  outside: Outside,
  region: Region,
): Promise<ImagerySource | WhereaboutsError> {
  try {
    return await openRegionSource(outside, region)
  } catch (error) {
    if (error instanceof WhereaboutsError) return error
    throw error
  }
}

async function showAgain(
  outside: Outside,
  source: ImagerySource | WhereaboutsError,
  candidate: Candidate,
) {
  const { card } = await outside.encoder('overhead')
  try {
    if (source instanceof WhereaboutsError) throw source
    const request = { ...patchSizeOf(card), ...dateOf(source, candidate) }
    const image = await cutAgain(source, candidate, request)
    const sha256 = createHash('sha256').update(image.data).digest('hex')
    const patchJpeg = await outside.encodeJpeg(image, PATCH_JPEG_QUALITY)
    if (sha256 === candidate.patchSha256) return { ...candidate, patchJpeg }
    return { ...candidate, patchJpeg, patchNote: 'the imagery has changed since the build' }
  } catch (error) {
    if (!(error instanceof WhereaboutsError)) throw error
    return { ...candidate, patchJpeg: null, patchNote: `not available now: ${error.code}` }
  }
}

/** Of several pictures of the place, the one that was found. */
function dateOf(
  source: ImagerySource,
  { capturedOn }: Candidate,
): Pick<PatchRequest, 'capturedOn'> {
  return source.vintages === undefined || capturedOn === null ? {} : { capturedOn }
}
