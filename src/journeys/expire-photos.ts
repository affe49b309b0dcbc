/** Photos whose time is over → gone, bytes and row. */
import { deleteExpiredPhoto, findExpiredPhotos, removeStrays } from '../gallery/photos.ts'
import type { PhotoOutside } from './keep-photo.ts'

/**
 * Bytes come before their row: those that are still without one after this time were left by a
 * crash.
 */
const STRAY_AFTER_MS = 3_600_000

/**
 * Removes bytes of photos that never got a row. Those of other databases that keep theirs in the
 * same folder stay.
 * @returns how many
 */
export async function removeStrayPhotos({ outside, photoFiles }: PhotoOutside): Promise<number> {
  const files = await photoFiles.listUnsettled(new Date(outside.now().getTime() - STRAY_AFTER_MS))
  if (files.length === 0) return 0
  const count = await removeStrays(outside.db, files, (sha256) => photoFiles.remove(sha256))
  for (const sha256 of files) await photoFiles.settle(sha256)
  return count
}

/**
 * Removes every photo that was to be kept until now or before. One that cannot be removed does not
 * keep the others.
 * @returns how many
 * @throws the first failure, after all were tried
 */
export async function expirePhotos({ outside, photoFiles }: PhotoOutside): Promise<number> {
  const now = outside.now().toISOString()
  let count = 0
  const failures: unknown[] = []
  for (const sha256 of await findExpiredPhotos(outside.db, now)) {
    // Only if nobody has uploaded the photo again meanwhile: then its bytes are wanted.
    const remove = () => photoFiles.remove(sha256)
    try {
      if (await deleteExpiredPhoto(outside.db, { sha256, now }, remove)) count++
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return count
}
