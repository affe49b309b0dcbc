/**
 * What opens each kind of imagery source, one line each.
 * @io disk network native
 */
import { createMbtilesSource, createPmtilesSource } from './archive-source.ts'
import type { ImageryConfig } from './config.ts'
import type { ImageryDeps } from './deps.ts'
import { createCogSource, createGeotiffSource } from './geotiff.ts'
import { createPatchesSource } from './patches.ts'
import type { ImagerySource } from './source.ts'
import { createStacSource } from './stac.ts'
import { createStaticMapSource } from './static-map.ts'
import { createWmsSource } from './wms.ts'
import { createWmtsSource } from './wmts.ts'
import { createXyzSource } from './xyz.ts'

type Opener<Config> = (config: Config, deps: ImageryDeps) => ImagerySource | Promise<ImagerySource>
type Openers = {
  readonly [Kind in ImageryConfig['kind']]: Opener<Extract<ImageryConfig, { kind: Kind }>>
}

const OPENERS: Openers = {
  cog: createCogSource,
  geotiff: (config, deps) => createGeotiffSource(config, deps.baseDir, deps),
  mbtiles: createMbtilesSource,
  patches: (config, { baseDir }) => createPatchesSource(config, baseDir),
  pmtiles: createPmtilesSource,
  stac: createStacSource,
  'static-map': createStaticMapSource,
  wms: createWmsSource,
  wmts: createWmtsSource,
  xyz: createXyzSource,
}

/** Opens a source. @throws {InputError} when its files or its key are not usable */
export async function createImagerySource(
  config: ImageryConfig,
  deps: ImageryDeps,
): Promise<ImagerySource> {
  const open = OPENERS[config.kind] as Opener<ImageryConfig>
  return open(config, deps)
}
