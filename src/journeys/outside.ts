/**
 * What the journeys get from outside: everything that touches disk, network, database or native
 * code.
 */
import type { Encoder } from '../embedding/encoder.ts'
import type { Database } from '../gallery/database.ts'
import type { createPack, openPack } from '../gallery/pack-file.ts'
import type { Coverage } from '../heatmap/coverage.ts'
import type { decodePhoto } from '../image/decode.ts'
import type { encodeJpeg } from '../image/encode.ts'
import type { ImageryConfig } from '../imagery/config.ts'
import type { SourceOptions } from '../imagery/deps.ts'
import type { Traffic } from '../imagery/host-gate.ts'
import type { ImagerySource } from '../imagery/source.ts'
import type { Heatmap } from '../heatmap-types.ts'
import type { readBoundaryRelation } from '../roads/read-boundary.ts'
import type { readRoadNetwork } from '../roads/read-network.ts'

/** Which of the two models. */
export type View = 'ground' | 'overhead'

/** Built by `wire.ts`; tests build it from real parts with the tiny pair. */
export interface Outside {
  readonly db: Database
  /** Loads on first use and stays loaded. */
  encoder(view: View): Promise<Encoder>
  /** Name of the overhead model that a command takes which names none. */
  readonly usualModel: string
  /** The caller closes the source. */
  openSource(imagery: ImageryConfig, options?: SourceOptions): Promise<ImagerySource>
  /** What this process has fetched of imagery so far. */
  traffic(): Traffic
  /** The same by host. */
  trafficByHost(): ReadonlyMap<string, Traffic>
  readonly readRoadNetwork: typeof readRoadNetwork
  readonly readBoundaryRelation: typeof readBoundaryRelation
  readonly createPack: typeof createPack
  readonly openPack: typeof openPack
  decodePhoto(bytes: Uint8Array): ReturnType<typeof decodePhoto>
  readonly encodeJpeg: typeof encodeJpeg
  renderPng(heatmap: Heatmap): Promise<Uint8Array>
  renderCoveragePng(coverage: Coverage): Promise<Uint8Array>
  readonly threads: number
  /** Names this process in the leases of the work queue. */
  readonly workerId: string
  now(): Date
}
