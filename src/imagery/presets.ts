/**
 * Sources of imagery that somebody else has written down: a name and a few parameters → a
 * configuration.
 */
import { createRequire } from 'node:module'
import { InputError } from '../errors.ts'

/**
 * A source with its terms, as data/imagery-presets.json lists it. No address in it could be tried
 * by its authors.
 */
export interface Preset {
  readonly name: string
  readonly title: string
  readonly area: string
  /** Where its provider, or somebody who uses it, describes it. */
  readonly documentedAt: string
  /** Its pixels are too coarse for the models: it is refused unless `allowCoarse` is given. */
  readonly isCoarse?: boolean
  /** Values that the user has to give. */
  readonly parameters?: Readonly<Record<string, PresetParameter>>
  readonly source: Readonly<Record<string, unknown>> & {
    readonly kind: string
    readonly attribution: string
    readonly licence: string
    readonly termsUrl: string
    readonly maxZoom: number
    readonly keyEnv?: string
    readonly headersEnv?: Readonly<Record<string, string>>
  }
}

export interface PresetParameter {
  /** What it looks like, for help: `YYYY-MM-DD`. */
  readonly form: string
  /** Regular expression. */
  readonly pattern: string
  readonly about: string
}

const require = createRequire(import.meta.url)

/** All presets, in the order of the file. */
export const PRESETS = require('../../data/imagery-presets.json') as readonly Preset[]

const SHORT = /^preset:/

/**
 * Is a source given by the name of a preset? `preset:NAME?parameter=value` or
 * `{"kind":"preset","name":…}`.
 */
export function isPreset(input: unknown): boolean {
  if (typeof input === 'string') return SHORT.test(input.trim())
  return typeof input === 'object' && input !== null && 'kind' in input && input.kind === 'preset'
}

/**
 * Expands a preset; other fields than its parameters replace those of its source.
 * @throws {InputError} `preset-unknown`, `preset-parameter`, `imagery-too-coarse`
 */
export function expandPreset(input: unknown): Readonly<Record<string, unknown>> {
  const { name, fields } = readRequest(input)
  const preset = PRESETS.find((one) => one.name === name)
  if (preset === undefined) {
    throw new InputError('preset-unknown', `Expected the name of a preset, got "${name}"`, {
      hint: `one of ${PRESETS.map((one) => one.name).join(', ')}`,
    })
  }
  if (preset.isCoarse === true && fields['allowCoarse'] !== true) {
    throw new InputError(
      'imagery-too-coarse',
      `Expected imagery that is fine enough for the models, got "${name}": ${preset.title}`,
      { hint: 'use a finer source; "allowCoarse": true takes it all the same, with poor results' },
    )
  }
  const values = readParameters(preset, fields)
  const others = Object.entries(fields).filter(([field]) => !(field in values))
  return { ...fillIn(preset.source, values), ...Object.fromEntries(others) }
}

function readRequest(input: unknown): {
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
} {
  if (typeof input === 'string') {
    const [name = '', query = ''] = input.trim().replace(SHORT, '').split('?')
    const fields = [...new URLSearchParams(query)].map(([field, text]) => [
      field,
      readValue(field, text),
    ])
    return { name, fields: Object.fromEntries(fields) as Record<string, unknown> }
  }
  const { name, ...rest } = input as Record<string, unknown>
  const fields = Object.fromEntries(Object.entries(rest).filter(([field]) => field !== 'kind'))
  return { name: typeof name === 'string' ? name : '', fields }
}

/** Fields of sources that are numbers or yes and no; all others are words, as `capturedOn=2022`. */
const NUMBERS = /^(requestsPerSecond|concurrency|timeoutS|maxZoom|tileSizePx|scale|cropPx)$/
const SWITCHES = /^(allowCoarse|keepBlankTiles)$/

function readValue(field: string, text: string): unknown {
  if (NUMBERS.test(field) && text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text)
  return SWITCHES.test(field) && /^(true|false)$/.test(text) ? text === 'true' : text
}

/** @returns the value of each parameter of the preset */
function readParameters(
  { name, parameters = {} }: Preset,
  fields: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([parameter, { form, pattern, about }]) => {
      const value = fields[parameter]
      const words = typeof value === 'number' ? String(value) : value
      if (typeof words === 'string' && new RegExp(pattern).test(words)) return [parameter, words]
      const got = words === undefined ? 'none' : JSON.stringify(words)
      throw new InputError(
        'preset-parameter',
        `Expected "${parameter}" for preset "${name}" (${about}), got ${got}`,
        { hint: `--imagery 'preset:${name}?${queryOf(parameters)}', ${parameter}=${form}` },
      )
    }),
  )
}

/** The parameters as they are written behind the name: `release=N&date=YYYY-MM-DD`. */
export function queryOf(parameters: NonNullable<Preset['parameters']>): string {
  return Object.entries(parameters)
    .map(([parameter, { form }]) => `${parameter}=${form}`)
    .join('&')
}

/** Puts the values into all texts of a source. */
export function fillIn(
  source: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const fill = (text: string): string =>
    Object.entries(values).reduce(
      (filled, [name, value]) => filled.replaceAll(`{${name}}`, value),
      text,
    )
  return Object.fromEntries(
    Object.entries(source).map(([field, value]) => [
      field,
      typeof value === 'string' ? fill(value) : value,
    ]),
  )
}
