/** What sources need from outside. */
import type { DiskCache } from './disk-cache.ts'
import type { HttpDeps } from './http-client.ts'

/** Built by the composition root, one for the process. */
export interface ImageryDeps extends HttpDeps {
  /** For what was fetched, of all sources. */
  readonly cache: DiskCache
  /** What relative paths in a configuration are relative to. */
  readonly baseDir: string
}
