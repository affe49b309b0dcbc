/**
 * What the HTTP layer is given: the outside of the journeys, and the narrow things that are its
 * own.
 */
import type { Logger } from 'pino'
import type { AllowedSources } from '../journeys/allowed-sources.ts'
import type { PhotoFiles } from '../journeys/keep-photo.ts'
import type { Outside } from '../journeys/outside.ts'
import type { Builds } from './builds.ts'

/** The argument of `createApp`. */
export interface AppDeps {
  readonly outside: Outside
  readonly photoFiles: PhotoFiles
  /** Days that photos are kept; 0: until they are removed. */
  readonly photoDays: number
  readonly builds: Builds
  /** From where a client may have imagery and extracts read. */
  readonly allowed: AllowedSources
  /** Host names under which the server may be asked; null: any. */
  readonly hostNames: readonly string[] | null
  readonly photoMaxBytes: number
  readonly version: string
  readonly log: Logger
}

export interface AppEnv {
  Variables: { requestId: string }
}
