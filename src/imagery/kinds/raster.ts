/** Fields of the kinds that read GeoTIFF: `geotiff`, `cog`, `stac`. */
import { z } from 'zod'
import type { Stretch } from '../../types.ts'
import type { RasterOptions } from '../raster.ts'
import { isoDate } from './common.ts'

const levels = z.tuple([z.number(), z.number(), z.number()])

/** How samples become colours, and which pictures are used. */
export const rasterReading = z.object({
  /** Pixels whose bands all have this value hold no data; absent: the file's own tag. */
  nodata: z.number().optional(),
  /**
   * `percentile`: 2–98 % of each band's valid pixels become 0–255, measured on each file; levels:
   * what becomes 0 and 255 in red, green and blue, the same in all files. One of both is needed for
   * more than 8 bits.
   */
  stretch: z
    .union([
      z.enum(['none', 'percentile']),
      z
        .strictObject({ low: levels, high: levels })
        .refine(({ low, high }) => low.every((value, band) => value < (high[band] as number)), {
          message: 'low below high in each band',
        }),
    ])
    .default('none'),
  /** Pixels far coarser than the model's are taken all the same. */
  allowCoarse: z.boolean().optional(),
  /** Only pictures taken on this day or later; those without a date are left out. */
  imageryFrom: isoDate.optional(),
  /** Only pictures taken on this day or before. */
  imageryTo: isoDate.optional(),
})

/** The values of `rasterReading`, checked. */
export type RasterReading = z.infer<typeof rasterReading>

/** How the rasters of a source are opened. */
export function rasterOptionsOf({ nodata, stretch }: RasterReading): RasterOptions {
  if (typeof stretch === 'string') return { nodata, stretch }
  const { low, high } = stretch
  const pairs: Stretch = [
    [low[0], high[0]],
    [low[1], high[1]],
    [low[2], high[2]],
  ]
  return { nodata, stretch: pairs }
}
