/**
 * Weights that others publish: where they lie, and the length and checksum that tell them from
 * anything else.
 */
import { createRequire } from 'node:module'
import { z } from 'zod'
import { NotFoundError } from '../errors.ts'

const schema = z.record(
  z.string(),
  z.object({
    file: z.string().regex(/^[\w.-]+$/),
    url: z.url(),
    bytes: z.int().positive(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    view: z.enum(['ground', 'overhead']),
    licence: z.string(),
    /** Who says that this is the checksum. */
    checksumSource: z.string(),
    /** The command that makes a model folder of it; FILE stands for the downloaded file. */
    convert: z.string(),
  }),
)

/** One published file. */
export type PublishedModel = z.infer<typeof schema>[string]

const require = createRequire(import.meta.url)
const published = schema.parse(require('../../data/published-models.json'))

/** @throws {NotFoundError} `model-unknown` */
export function findPublished(name: string): PublishedModel {
  const found = Object.hasOwn(published, name) ? published[name] : undefined
  if (found !== undefined) return found
  throw new NotFoundError('model-unknown', `Expected a published model, got "${name}"`, {
    hint: `known: ${Object.keys(published).join(', ')}`,
  })
}
