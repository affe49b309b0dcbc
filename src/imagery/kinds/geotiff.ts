/** Configuration of imagery in GeoTIFF files on disk. */
import { z } from 'zod'
import { isoDate, provenance } from './common.ts'
import { rasterReading } from './raster.ts'

const path = z.string().min(1)

export const geotiff = z.strictObject({
  kind: z.literal('geotiff'),
  /**
   * Paths; of those of one date the finest that covers a place is used, adjacent ones complete each
   * other.
   */
  files: z
    .array(z.union([path, z.strictObject({ file: path, capturedOn: isoDate })]))
    .min(1)
    .max(10_000),
  ...rasterReading.shape,
  ...provenance.shape,
  attribution: z.string().max(500).optional(),
})

export type GeotiffConfig = z.infer<typeof geotiff>
