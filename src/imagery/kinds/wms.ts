/** Configuration of a Web Map Service (OGC WMS 1.1.1 and 1.3.0). */
import { z } from 'zod'
import { address, checkSecrets, politeness, provenance, pyramid } from './common.ts'

export const wms = z
  .strictObject({
    kind: z.literal('wms'),
    /**
     * Address of the service, with parameters of its own (`?map=…`, `?apikey={key}`) where it needs
     * them.
     */
    url: address,
    version: z.enum(['1.1.1', '1.3.0']).default('1.3.0'),
    layers: z.string().min(1).max(1000),
    styles: z.string().max(1000).default(''),
    format: z.string().min(1).max(100).default('image/jpeg'),
    /** Web Mercator, under the name the service knows, or degrees where it has no Web Mercator. */
    crs: z.enum(['EPSG:3857', 'EPSG:900913', 'EPSG:4326', 'CRS:84']).default('EPSG:3857'),
    /** The service's `TIME`. */
    time: z.string().min(1).max(100).optional(),
    ...provenance.shape,
    ...politeness.shape,
    /**
     * The zoom whose pixels are as fine as the service's own: it answers finer ones too, blurred.
     */
    ...pyramid.shape,
  })
  .superRefine(checkSecrets)

export type WmsConfig = z.infer<typeof wms>
