/** Configuration of dated GeoTIFFs that a STAC item collection lists. */
import { z } from 'zod'
import { address, checkSecrets, politeness, provenance } from './common.ts'
import { rasterReading } from './raster.ts'

export const stac = z
  .strictObject({
    kind: z.literal('stac'),
    /** Path of a JSON file with items, or … */
    file: z.string().min(1).optional(),
    /**
     * … address of items: a file, a catalogue, or a search of a STAC API, whose pages are followed.
     */
    url: address.optional(),
    /**
     * What is posted to `url`: `{"collections": […], "bbox": […]}`; absent: it is asked with GET.
     */
    search: z.record(z.string(), z.unknown()).optional(),
    /**
     * Hosts (with their port, where it is not the usual one) that items may lie on besides that of
     * `url`.
     */
    hosts: z.array(z.string().min(1)).max(100).optional(),
    /**
     * Key of the asset that holds the picture; absent: `visual`, `image`, `data`, or the only
     * GeoTIFF.
     */
    asset: z.string().min(1).optional(),
    /** Appended to the address of every asset, e.g. `token={key}`. */
    assetQuery: z.string().min(1).max(500).optional(),
    ...rasterReading.shape,
    ...provenance.omit({ capturedOn: true }).shape,
    /** Absent: what the items and their collections say. */
    attribution: provenance.shape.attribution.optional(),
    ...politeness.shape,
  })
  .superRefine((config, context) => {
    if ((config.file === undefined) === (config.url === undefined)) {
      context.addIssue({ code: 'custom', path: ['file'], message: 'a file or a url, one of both' })
    }
    if (config.search !== undefined && config.url === undefined) {
      context.addIssue({ code: 'custom', path: ['search'], message: 'only with a url' })
    }
    checkSecrets({ ...config, url: [config.url ?? '', `?${config.assetQuery ?? ''}`] }, context)
  })

export type StacConfig = z.infer<typeof stac>
