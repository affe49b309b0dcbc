/** Configuration of imagery in GeoTIFF files on the web, read in parts: cloud-optimised ones. */
import { z } from 'zod'
import { address, checkSecrets, isoDate, politeness, provenance } from './common.ts'
import { rasterReading } from './raster.ts'

export const cog = z
  .strictObject({
    kind: z.literal('cog'),
    /** Addresses, as `files` of `geotiff`; each may hold `{key}`. */
    urls: z
      .array(z.union([address, z.strictObject({ url: address, capturedOn: isoDate })]))
      .min(1)
      .max(10_000),
    ...rasterReading.shape,
    ...provenance.shape,
    ...politeness.shape,
  })
  .superRefine((config, context) => {
    const urls = config.urls.map((entry) => (typeof entry === 'string' ? entry : entry.url))
    checkSecrets({ ...config, url: urls }, context)
  })

export type CogConfig = z.infer<typeof cog>
