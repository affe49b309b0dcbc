/**
 * What photos of a scene show on the mean, beside an overhead model: how to search for scenes that
 * it never learned from labelled ground. Row s of the file, `float32[365, 365]` little-endian,
 * holds the logits of scene s. @io disk
 */
import { readFile } from 'node:fs/promises'
import { SCENES } from '../scenes.ts'
import type { Logits } from '../types.ts'

/**
 * The mean logits of photos of one scene.
 * @param path  a file that `readModel` has verified
 * @param index  of the scene
 */
export async function readPrototype(path: string, index: number): Promise<Logits> {
  const bytes = await readFile(path)
  const first = index * SCENES.length
  return Float32Array.from(SCENES, (_, c) =>
    bytes.readFloatLE((first + c) * Float32Array.BYTES_PER_ELEMENT),
  )
}
