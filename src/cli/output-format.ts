/** The format of what a command writes: by `--format`, else by the ending of `--out`. */
import { extname } from 'node:path'
import { InputError } from '../errors.ts'

/** Options of every command that writes one of several formats. */
export interface OutputOptions {
  readonly format?: string
  readonly out?: string
}

/**
 * A command's formats, and the endings of files that mean each, without a dot, the usual one first.
 */
export type FormatEndings<Format extends string> = Readonly<Record<Format, readonly string[]>>

/**
 * The format that was asked for.
 * @returns null when neither a format nor a file was named
 * @throws {InputError} `format` when none of these was named, or when the ending means another than
 *   `--format` says: a picture that is none would be found out much later
 */
export function chooseFormat<Format extends string>(
  formats: FormatEndings<Format>,
  { format, out }: OutputOptions,
): Format | null {
  const meant = out === undefined ? null : findFormat(formats, extname(out).slice(1))
  if (format === undefined) {
    if (out === undefined || meant !== null) return meant
    throw new InputError(
      'format',
      `Expected an ending of ${listed(Object.keys(formats))} for --out, got "${out}"`,
      { hint: `end it in ${listed(usualEndings(formats))}, or name the format: --format` },
    )
  }
  const asked = findFormat(formats, format)
  if (asked === null) {
    const names = Object.keys(formats)
    throw new InputError('format', `Expected ${listed(names)} for --format, got "${format}"`, {
      hint: `e.g. --format ${names.at(-1)}`,
    })
  }
  if (meant !== null && meant !== asked) {
    const ending = `.${formats[asked][0]}`
    throw new InputError(
      'format',
      `Expected an --out that ends as --format ${asked} does (${ending}), got "${out}", which ends as ${meant} does`,
      { hint: `end --out in ${ending}, or leave out --format to write ${meant}` },
    )
  }
  return asked
}

/** By its name or one of its endings; null: none of them. */
function findFormat<Format extends string>(
  formats: FormatEndings<Format>,
  nameOrEnding: string,
): Format | null {
  const word = nameOrEnding.toLowerCase()
  const names = Object.keys(formats) as Format[]
  return names.find((name) => name === word || formats[name].includes(word)) ?? null
}

function usualEndings(formats: FormatEndings<string>): readonly string[] {
  return Object.values(formats).map(([ending]) => `.${ending}`)
}

/** `a, b or c`. */
function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
