/** How the points of a region were drawn → the same for files that travel. Pure. */
import type { Sampling } from '../types.ts'

/**
 * Names files without the folders of the machine that read them: a folder often tells whose machine
 * it is.
 */
export function withoutFolders(sampling: Sampling): Sampling {
  if (sampling.kind === 'grid') return sampling
  if (sampling.kind === 'patches') return { ...sampling, file: nameOf(sampling.file) }
  return { ...sampling, extract: nameOf(sampling.extract) }
}

function nameOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path
}
