/** Dense regions hold one picture of each place. */
import { InputError } from '../errors.ts'
import type { Region } from '../types.ts'

/**
 * Before several dates of a place are asked for, or its patches are compared with what is there
 * now.
 * @throws {InputError} `dense-dates`
 */
export function refuseDense({ name, runtime }: Region): void {
  if (runtime?.denseM === undefined) return
  throw new InputError(
    'dense-dates',
    `Expected a region that is built patch by patch, got "${name}", which is dense: it holds one picture of each place`,
    { hint: 'create a region for the newer imagery and build that' },
  )
}
