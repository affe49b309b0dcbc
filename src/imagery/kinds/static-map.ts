/** Configuration of an endpoint that draws one picture around a place. */
import { z } from 'zod'
import { address, checkSecrets, politeness, provenance, pyramid } from './common.ts'

const PLACES = ['{lon}', '{lat}', '{zoom}', '{width}', '{height}']

export const staticMap = z
  .strictObject({
    kind: z.literal('static-map'),
    /** `{lon}`, `{lat}`, `{zoom}`, `{width}`, `{height}`; `{scale}`, `{key}`. */
    url: address.refine((url) => PLACES.every((place) => url.includes(place)), {
      message: `an address with ${PLACES.join(', ')}`,
    }),
    /** Pixels of the picture per pixel of width and height that is asked for. */
    scale: z.union([z.literal(1), z.literal(2)]).default(1),
    /** The most that may be asked for as width and height. */
    maxSidePx: z.int().min(64).max(8192).default(640),
    /** Cut off at each side, px of the picture: a logo, a line of attribution. */
    cropPx: z.int().min(0).max(200).default(0),
    ...provenance.shape,
    ...politeness.shape,
    ...pyramid.omit({ tileSizePx: true }).shape,
    /** Side of the whole world at zoom 0 at scale 1, px. */
    tileSizePx: z.union([z.literal(256), z.literal(512)]).default(256),
  })
  .superRefine(checkSecrets)

export type StaticMapConfig = z.infer<typeof staticMap>
