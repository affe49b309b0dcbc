/** Configuration of a tile server that is addressed by a template. */
import { z } from 'zod'
import { hasPlainSwitches } from '../tile-template.ts'
import { checkSecrets, politeness, provenance, pyramid, switchedAddress } from './common.ts'

export const xyz = z
  .strictObject({
    kind: z.literal('xyz'),
    /** `{z}`, `{x}`, `{y}` (`{-y}`: counted from the south), or `{q}`; `{switch:a,b}`, `{key}`. */
    url: switchedAddress
      .refine(namesTile, { message: 'an address with {z}, {x} and {y} or {-y}, or {q}' })
      .refine(hasPlainSwitches, { message: 'plain words in {switch:…}, 64 addresses at most' }),
    ...provenance.shape,
    ...politeness.shape,
    ...pyramid.shape,
  })
  .superRefine(checkSecrets)

export type XyzConfig = z.infer<typeof xyz>

function namesTile(url: string): boolean {
  if (url.includes('{q}')) return true
  return url.includes('{z}') && url.includes('{x}') && /\{-?y\}/.test(url)
}
