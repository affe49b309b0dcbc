/**
 * What a source of imagery is, as it is written in JSON and stored with a region. It never holds a
 * key's value.
 */
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { mbtiles, pmtiles } from './kinds/archives.ts'
import { cog } from './kinds/cog.ts'
import { geotiff } from './kinds/geotiff.ts'
import { patches } from './kinds/patches.ts'
import { stac } from './kinds/stac.ts'
import { staticMap } from './kinds/static-map.ts'
import { wms } from './kinds/wms.ts'
import { wmts } from './kinds/wmts.ts'
import { xyz } from './kinds/xyz.ts'
import { expandPreset, isPreset } from './presets.ts'

/** The kinds, one line each; what opens them stands in registry.ts. */
const KINDS = [cog, geotiff, mbtiles, patches, pmtiles, stac, staticMap, wms, wmts, xyz] as const

const imageryConfig = z.discriminatedUnion('kind', KINDS)

/** A validated source of imagery; safe to store and to show. */
export type ImageryConfig = z.infer<typeof imageryConfig>
/** The name of a kind of source. */
export type ImageryKind = ImageryConfig['kind']

/** All kinds, in the order of the list. */
export const IMAGERY_KINDS: readonly ImageryKind[] = KINDS.map((kind) => kind.shape.kind.value)

/**
 * Checks a source of imagery, given as JSON text, as an object or by the name of a preset, which is
 * expanded.
 * @throws {InputError} `imagery-config` with all problems at once; those of presets
 */
export function parseImageryConfig(input: unknown): ImageryConfig {
  const given = typeof input === 'string' && !isPreset(input) ? parseJson(input) : input
  const result = imageryConfig.safeParse(isPreset(given) ? expandPreset(given) : given)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => describe(issue, given))
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw configError(`a valid imagery source, got ${count}: ${problems.join('; ')}`)
}

function describe({ path, message }: z.core.$ZodIssue, given: unknown): string {
  const field = path.map(String).join('.')
  // The kinds stand in the hint.
  if (field === 'kind')
    return `kind: got ${JSON.stringify((given as { kind?: unknown }).kind) ?? 'none'}`
  if (message.endsWith('received undefined')) return `${field}: missing`
  return `${field || 'source'}: ${message}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw configError(`JSON for the imagery source, got text that is not JSON`, cause)
  }
}

function configError(expected: string, cause?: unknown): InputError {
  return new InputError('imagery-config', `Expected ${expected}`, {
    hint: `e.g. {"kind":"geotiff","files":["ortho.tif"]}; kinds: ${IMAGERY_KINDS.join(', ')}, preset`,
    cause,
  })
}
