/**
 * The kinds of imagery source, one line each.
 * @io disk network native
 */
import type { ImageryConfig } from './config.ts'
import { createGeotiffSource } from './geotiff.ts'
import { createPatchesSource } from './patches.ts'
import type { ImagerySource } from './source.ts'
import { createXyzSource } from './xyz.ts'

/** What sources need from outside. */
export interface ImageryDeps {
  /** Folder for tiles that were fetched. */
  readonly cacheDir: string
  /** Values of the environment variables that `keyEnv` may name. */
  readonly secrets: Readonly<Record<string, string | undefined>>
  /** What relative paths in a configuration are relative to. */
  readonly baseDir: string
}

/** Opens a source. @throws {InputError} when its files or its key are not usable */
export async function createImagerySource(
  config: ImageryConfig,
  deps: ImageryDeps,
): Promise<ImagerySource> {
  switch (config.kind) {
    case 'geotiff':
      return createGeotiffSource(config, deps.baseDir)
    case 'xyz':
      return createXyzSource(config, deps)
    case 'patches':
      return createPatchesSource(config, deps.baseDir)
  }
}
