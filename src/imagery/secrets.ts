/**
 * Keys and secret headers of a source: read from the environment by name, put into requests, taken
 * out of messages.
 */
import { InputError } from '../errors.ts'

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Values that must not be stored, logged or shown. */
export interface Secrets {
  readonly headers: Readonly<Record<string, string>>
  /** Puts the key into an address. */
  readonly fill: (url: string) => string
  /** Takes every secret out of a text that came from outside. */
  readonly hide: (text: string) => string
}

/**
 * Looks up what the source names.
 * @throws {InputError} `imagery-key` naming the variable that is missing, never a value
 */
export function readSecrets(
  source: {
    readonly keyEnv?: string | undefined
    readonly headersEnv?: Readonly<Record<string, string>> | undefined
  },
  environment: Environment,
): Secrets {
  const key = source.keyEnv === undefined ? '' : valueOf(source.keyEnv, environment)
  const headers = Object.fromEntries(
    Object.entries(source.headersEnv ?? {}).map(([header, name]) => [
      header,
      valueOf(name, environment),
    ]),
  )
  const written = [key, ...Object.values(headers)].filter((value) => value !== '').map(patternOf)
  return {
    headers,
    fill: (url) => url.replaceAll('{key}', () => encodeURIComponent(key)),
    hide: (text) => written.reduce((rest, pattern) => rest.replaceAll(pattern, '{key}'), text),
  }
}

/**
 * A value as it is, or with any of its characters escaped as in addresses: servers write them back
 * in many ways.
 */
function patternOf(value: string): RegExp {
  const characters = Array.from(value, (character) => {
    const literal = `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
    const hex = Buffer.from(character).toString('hex')
    const escaped = hex
      .replace(/../g, '%$&')
      .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
    return `(?:${literal}|${escaped}${character === ' ' ? '|\\+' : ''})`
  })
  return new RegExp(characters.join(''), 'gu')
}

function valueOf(name: string, environment: Environment): string {
  const value = environment[name]
  if (value) return value
  throw new InputError('imagery-key', `Expected a key in ${name}, got none`, {
    hint: `set the environment variable ${name}`,
  })
}
