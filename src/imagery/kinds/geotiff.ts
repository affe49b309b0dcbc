/** Configuration of imagery in GeoTIFF files. */
import { z } from 'zod'
import { provenance } from './common.ts'

export const geotiff = z.strictObject({
  kind: z.literal('geotiff'),
  /** Paths; the finest raster that covers a place is used, adjacent ones complete each other. */
  files: z.array(z.string().min(1)).min(1).max(10_000),
  /** Pixels whose bands all have this value hold no data; absent: the file's own tag. */
  nodata: z.number().optional(),
  /** `percentile`: 2–98 % of each band's valid pixels become 0–255. Needed for more than 8 bits. */
  stretch: z.enum(['none', 'percentile']).default('none'),
  ...provenance.shape,
  attribution: z.string().max(500).optional(),
})

export type GeotiffConfig = z.infer<typeof geotiff>
