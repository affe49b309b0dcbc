/** What sources need from outside. */
import type { Stretch } from '../types.ts'
import type { DiskCache } from './disk-cache.ts'
import type { HttpDeps } from './http-client.ts'

/** Built by the composition root, one for the process. */
export interface ImageryDeps extends HttpDeps {
  /** For what was fetched, of all sources. */
  readonly cache: DiskCache
  /** What relative paths in a configuration are relative to. */
  readonly baseDir: string
  /** Ends the opening of a source that has to be asked, read or measured first. */
  readonly signal?: AbortSignal | undefined
  /** Absent: what is to be measured is measured whenever a file is opened. */
  readonly stretches?: StretchMemory | undefined
}

/**
 * The levels that were measured on files, so that a file is stretched by the same ones whenever it
 * is opened.
 */
export interface StretchMemory {
  /** What was measured of a file before; its name is that which its source gives it. */
  find(file: string): Stretch | undefined
  /** Takes what was measured now. @returns what counts: somebody else may have been first */
  keep(file: string, measured: Stretch): Promise<Stretch>
}

/** How a source is opened. */
export interface SourceOptions {
  /** It asks its host for everything, whatever is cached on disk. */
  readonly isFresh?: boolean
  /** Ends the opening, which may read whole catalogues and measure whole files. */
  readonly signal?: AbortSignal
  /** Absent: files are measured anew. */
  readonly stretches?: StretchMemory
}
