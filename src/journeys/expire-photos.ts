/** Photos whose time is over → gone, bytes and row. */
import { deleteExpiredPhoto, findExpiredPhotos } from '../gallery/photos.ts'
import type { PhotoOutside } from './keep-photo.ts'

/**
 * Removes every photo that was to be kept until now or before.
 * @returns how many
 */
export async function expirePhotos({ outside, photoFiles }: PhotoOutside): Promise<number> {
  const now = outside.now().toISOString()
  let count = 0
  for (const sha256 of await findExpiredPhotos(outside.db, now)) {
    // The row first, and only if nobody has uploaded the photo again meanwhile: then its bytes are wanted.
    if (!(await deleteExpiredPhoto(outside.db, sha256, now))) continue
    await photoFiles.remove(sha256)
    count++
  }
  return count
}
