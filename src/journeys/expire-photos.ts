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
    // Only if nobody has uploaded the photo again meanwhile: then its bytes are wanted.
    const remove = () => photoFiles.remove(sha256)
    if (await deleteExpiredPhoto(outside.db, { sha256, now }, remove)) count++
  }
  return count
}
