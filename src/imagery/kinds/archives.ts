/** Configuration of map-tile archives. */
import { z } from 'zod'
import { address, checkSecrets, politeness, provenance, pyramid } from './common.ts'

/** What an archive says of itself need not be said again. */
const archive = {
  ...provenance.shape,
  attribution: provenance.shape.attribution.optional(),
  ...pyramid.omit({ maxZoom: true, tileSizePx: true }).shape,
  /** Absent: the finest zoom of the archive. */
  maxZoom: pyramid.shape.maxZoom.optional(),
  /** Absent: measured on a tile. */
  tileSizePx: z.union([z.literal(256), z.literal(512)]).optional(),
}

export const mbtiles = z.strictObject({
  kind: z.literal('mbtiles'),
  /** Path. */
  file: z.string().min(1),
  ...archive,
})

export const pmtiles = z
  .strictObject({
    kind: z.literal('pmtiles'),
    /** Path, or … */
    file: z.string().min(1).optional(),
    /** … address; it may hold `{key}`. */
    url: address.optional(),
    ...archive,
    ...politeness.shape,
  })
  .superRefine((config, context) => {
    if ((config.file === undefined) === (config.url === undefined)) {
      context.addIssue({ code: 'custom', path: ['file'], message: 'a file or a url, one of both' })
    }
    checkSecrets({ ...config, url: config.url ?? '' }, context)
  })

export type MbtilesConfig = z.infer<typeof mbtiles>
export type PmtilesConfig = z.infer<typeof pmtiles>
/** What both have in common. */
export type ArchiveConfig = MbtilesConfig | PmtilesConfig
