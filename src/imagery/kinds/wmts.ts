/** Configuration of a Web Map Tile Service (OGC WMTS 1.0.0). */
import { z } from 'zod'
import { address, checkSecrets, politeness, provenance, pyramid } from './common.ts'

export const wmts = z
  .strictObject({
    kind: z.literal('wmts'),
    /** Address of the service's capabilities, RESTful or with parameters. */
    url: address,
    layer: z.string().min(1).max(500),
    /** Absent: the layer's default. */
    style: z.string().min(1).max(500).optional(),
    /** Absent: its first tile matrix set in Web Mercator. */
    matrixSet: z.string().min(1).max(500).optional(),
    /** Absent: JPEG, else PNG, else its first. */
    format: z.string().min(1).max(100).optional(),
    /**
     * Values of the layer's dimensions, e.g. `{"Time": "2021"}`; absent ones take their default.
     */
    dimensions: z.record(z.string(), z.string().min(1).max(200)).default({}),
    /** Hosts besides that of the address from which tiles may be fetched. */
    hosts: z.array(z.string().min(1).max(300)).max(20).optional(),
    ...provenance.shape,
    ...politeness.shape,
    ...pyramid.omit({ maxZoom: true, tileSizePx: true }).shape,
    /** Absent: the finest that the service names. */
    maxZoom: pyramid.shape.maxZoom.optional(),
  })
  .superRefine(checkSecrets)

export type WmtsConfig = z.infer<typeof wmts>
