/** Drawn pictures of the town from the ground, each marked synthetic. */
import type { SamplePhoto } from './town.ts'

/** Draws them all. */
export function drawPhotos(): SamplePhoto[] {
  return []
}
