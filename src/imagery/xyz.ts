/**
 * Imagery of a tile server that is addressed by a template.
 * @io disk network
 */
import type { ImageryDeps } from './deps.ts'
import { HttpTileReader } from './http-tiles.ts'
import type { XyzConfig } from './kinds/xyz.ts'
import type { ImagerySource } from './source.ts'
import { TilePyramid } from './tile-pyramid.ts'
import { fillTile } from './tile-template.ts'

/**
 * Opens imagery of a tile server.
 * @throws {InputError} `imagery-key` when its key is not in the environment
 */
export function createXyzSource(config: XyzConfig, deps: ImageryDeps): ImagerySource {
  const urlOf = fillTile.bind(null, config.url)
  return new TilePyramid(config, new HttpTileReader(config, deps, { urlOf }))
}
