/**
 * Where tests find the shared real data (`../shared` beside the checkout), and what happens without
 * it.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

const root = fileURLToPath(new URL('../../shared/', import.meta.url))
const isPresent = existsSync(root)
const isRequired = Boolean(process.env['CI']) && process.env['WHEREABOUTS_SHARED'] !== '0'

/** Absolute path of a file in `../shared`, e.g. `data/osm/monaco.osm.pbf`. */
export function sharedPath(path: string): string {
  return root + path
}

/** A suite on real data: skipped with one line where `../shared` is missing, an error in CI. */
export function describeWithShared(name: string, suite: () => void): void {
  if (!isPresent && isRequired) throw new Error(`Expected ../shared for "${name}", it is missing`)
  if (!isPresent) process.stderr.write(`skipped, ../shared is missing: ${name}\n`)
  describe.skipIf(!isPresent)(name, suite)
}

/** A suite that reads our files back with GDAL: on with WHEREABOUTS_GDAL=1, which CI sets. */
export function describeWithGdal(name: string, suite: () => void): void {
  const isOn = process.env['WHEREABOUTS_GDAL'] === '1'
  if (!isOn && isRequired) throw new Error(`Expected WHEREABOUTS_GDAL=1 for "${name}" in CI`)
  describe.skipIf(!isOn)(name, suite)
}

/**
 * A suite that needs Python with models/train/requirements.txt and test/requirements.txt:
 * WHEREABOUTS_PYTHON names it, CI sets it.
 */
export function describeWithPython(
  name: string,
  options: { readonly timeout: number },
  suite: (python: string) => void,
): void {
  const python = process.env['WHEREABOUTS_PYTHON']
  if (!python && isRequired) throw new Error(`Expected WHEREABOUTS_PYTHON for "${name}" in CI`)
  describe.skipIf(!python)(name, options, () => suite(python ?? ''))
}
