/** What sources need from outside. */
import type { DiskCache } from './disk-cache.ts'
import type { HttpDeps } from './http-client.ts'

/** Built by the composition root, one for the process. */
export interface ImageryDeps extends HttpDeps {
  /** For what was fetched, of all sources. */
  readonly cache: DiskCache
  /** What relative paths in a configuration are relative to. */
  readonly baseDir: string
  /** Ends the opening of a source that has to be asked for what it lists. */
  readonly signal?: AbortSignal | undefined
}

/** How a source is opened. */
export interface SourceOptions {
  /** It asks its host for everything, whatever is cached on disk. */
  readonly isFresh?: boolean
  /** Ends the opening, which may read whole catalogues. */
  readonly signal?: AbortSignal
}
