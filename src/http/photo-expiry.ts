/** The clock of `expirePhotos`: at the start of the server, then every hour. */
import type { Logger } from 'pino'
import { expirePhotos, removeStrayPhotos } from '../journeys/expire-photos.ts'
import type { PhotoOutside } from '../journeys/keep-photo.ts'

const EVERY_MS = 3_600_000

/**
 * Starts to remove photos whose time is over. A time that fails is logged, and made good by the
 * next one.
 * @returns ends it, after what is under way
 */
export function startPhotoExpiry(
  photos: PhotoOutside,
  log: Logger,
  everyMs = EVERY_MS,
): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  const tell = async (remove: typeof expirePhotos, removed: string) => {
    try {
      const count = await remove(photos)
      if (count > 0) log.info({ count }, removed)
    } catch (error) {
      log.error({ err: error }, 'photos could not be expired')
    }
  }
  const expire = async () => {
    await tell(expirePhotos, 'photos expired')
    await tell(removeStrayPhotos, 'files without a photo removed')
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
