/** The clock of `expirePhotos`: at the start of the server, then every hour. */
import type { Logger } from 'pino'
import { expirePhotos, removeStrayPhotos } from '../journeys/expire-photos.ts'
import type { PhotoOutside } from '../journeys/keep-photo.ts'

const EVERY_MS = 3_600_000

/**
 * Starts to remove photos whose time is over. A time that fails is logged, and made good by the next one.
 * @returns ends it, after what is under way
 */
export function startPhotoExpiry(
  photos: PhotoOutside,
  log: Logger,
  everyMs = EVERY_MS,
): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  const expire = async () => {
    try {
      const count = await expirePhotos(photos)
      if (count > 0) log.info({ count }, 'photos expired')
      const strays = await removeStrayPhotos(photos)
      if (strays > 0) log.info({ count: strays }, 'files without a photo removed')
    } catch (error) {
      log.error({ err: error }, 'photos could not be expired')
    }
  }
  const next = () => {
    running = running.then(expire)
  }
  next()
  const timer = setInterval(next, everyMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    return running
  }
}
