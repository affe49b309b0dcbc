/** `--format` beside an `--out` that ends otherwise. */
import { InputError } from '../errors.ts'
import { formatOf } from '../heatmap/formats.ts'

/**
 * Refuses a file whose ending means another format: a picture that is none would be found out much later. Endings that
 * mean none of ours are the user's own.
 * @param ending  the usual one of `format`, without a dot
 * @throws {InputError} `format`
 */
export function refuseOtherEnding(format: string, ending: string, out = ''): void {
  const meant = out.includes('.') ? formatOf(out) : null
  if (meant === null || meant === format) return
  throw new InputError(
    'format',
    `Expected an --out that ends as --format ${format} does (.${ending}), got "${out}", which ends as ${meant} does`,
    { hint: `end --out in .${ending}, or leave out --format: the ending names it` },
  )
}
