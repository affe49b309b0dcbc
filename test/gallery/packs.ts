/** Seeded rows and a manifest for tests of packs. */
import { PACK_VERSION, type PackManifest } from '../../src/gallery/pack-manifest.ts'
import type { PackRow } from '../../src/gallery/pack-columns.ts'
import { fromHalf, toHalf } from '../../src/gallery/halfvec.ts'
import type { Bbox } from '../../src/types.ts'
import { createRandom, draftRegion, randomPoints } from './rows.ts'

export const packBbox: Bbox = [9.4, 47, 9.7, 47.3]

/** Rows `from … from + count - 1`; logits in half precision. */
export function makeRows(
  from: number,
  count: number,
  state: 'embedded' | 'unavailable' = 'embedded',
): PackRow[] {
  return randomPoints(count, createRandom(from + 1)).map((point, i): PackRow => {
    const at = { id: from + i, lon: point.lon, lat: point.lat }
    if (state === 'unavailable') return { ...at, state, reason: 'nodata', embedding: null }
    const { x, y, h3, capturedOn, reference } = point
    return {
      ...at,
      state,
      reason: null,
      embedding: {
        x,
        y,
        h3,
        vintage: capturedOn ?? 'unknown',
        capturedOn,
        patchSha256: new Uint8Array(Buffer.from(point.patchSha256, 'hex')),
        reference,
        logits: point.logits.map((value) => fromHalf(toHalf(value))),
      },
    }
  })
}

export function makeManifest(): PackManifest {
  const { name, boundary, centre, sampling, imagery, attribution, model, gsd } =
    draftRegion('packed')
  return {
    kind: 'region-pack',
    version: PACK_VERSION,
    program: '0.0.0',
    exportedAt: '2026-01-02T03:04:05.000Z',
    region: {
      name,
      boundary,
      centre,
      sampling,
      imagery,
      attribution,
      model,
      gsd,
      runtime: { executionProvider: 'cpu', instructionSet: 'avx2' },
      createdAt: '2026-01-01T00:00:00.000Z',
      vintages: 1,
      refreshedAt: null,
    },
    terms: ['imagery: © nobody'],
    pointCount: 48,
    embeddingCount: 43,
  }
}
