/**
 * One option table → typed `Config`, `--help`, `.env.example` and docs/options.md.
 * Order: flag → environment → default; an empty variable counts as absent. All problems are
 * reported at once.
 */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'
import { ConfigError } from './errors.ts'

interface Option {
  /** Without the leading dashes. */
  readonly flag: string
  readonly env: string
  readonly placeholder: string
  readonly help: string
  readonly default: string
  readonly isSecret?: true
}

/**
 * The model that comes with the program whose maps agree best with single patches: what dense
 * builds are best made with.
 */
export const DENSE_MODEL = 'overhead-densenet-6'

/** Options that every command understands; those of a single command stand in its file. */
export const OPTIONS = {
  dataDir: {
    flag: 'data-dir',
    env: 'WHEREABOUTS_DATA_DIR',
    placeholder: 'DIR',
    help: 'where the embedded database, photos and the imagery cache live',
    default: 'whereabouts-data',
  },
  databaseUrl: {
    flag: 'database-url',
    env: 'DATABASE_URL',
    placeholder: 'URL',
    help: 'PostgreSQL with pgvector; empty: the embedded database in the data directory',
    default: '',
    isSecret: true,
  },
  modelsDir: {
    flag: 'models-dir',
    env: 'WHEREABOUTS_MODELS_DIR',
    placeholder: 'DIR',
    help: 'folder with <name>/model.json and model.onnx; empty: the models that come with the program',
    default: '',
  },
  photoModel: {
    flag: 'photo-model',
    env: 'WHEREABOUTS_PHOTO_MODEL',
    placeholder: 'NAME',
    help: 'model of the ground view',
    default: 'photo-mobilenetv2-3',
  },
  overheadModel: {
    flag: 'overhead-model',
    env: 'WHEREABOUTS_OVERHEAD_MODEL',
    placeholder: 'NAME',
    help: 'model of the overhead view',
    default: 'overhead-mobilenetv2-10',
  },
  imageryCacheMb: {
    flag: 'imagery-cache-mb',
    env: 'WHEREABOUTS_IMAGERY_CACHE_MB',
    placeholder: 'N',
    help: 'megabytes of fetched imagery to keep; what was used longest ago goes first',
    default: '4000',
  },
  threads: {
    flag: 'threads',
    env: 'WHEREABOUTS_THREADS',
    placeholder: 'N',
    help: 'model sessions and decoding threads; 0: one per core',
    default: '0',
  },
  port: {
    flag: 'port',
    env: 'WHEREABOUTS_PORT',
    placeholder: 'N',
    help: 'port of `serve`',
    default: '8080',
  },
  host: {
    flag: 'host',
    env: 'WHEREABOUTS_HOST',
    placeholder: 'ADDRESS',
    help: 'address that `serve` listens on; anything but loopback opens it to others',
    default: '127.0.0.1',
  },
  allowedDirs: {
    flag: 'allow-dirs',
    env: 'WHEREABOUTS_ALLOW_DIRS',
    placeholder: 'DIR,DIR',
    help: 'folders from which `serve` may read extracts and imagery; empty: none',
    default: '',
  },
  allowedHosts: {
    flag: 'allow-hosts',
    env: 'WHEREABOUTS_ALLOW_HOSTS',
    placeholder: 'HOST,HOST',
    help: 'hosts from which `serve` may fetch imagery; empty: none',
    default: '',
  },
  photoMaxMb: {
    flag: 'photo-max-mb',
    env: 'WHEREABOUTS_PHOTO_MAX_MB',
    placeholder: 'N',
    help: 'largest photo that is accepted, in megabytes',
    default: '25',
  },
  photoDays: {
    flag: 'photo-days',
    env: 'WHEREABOUTS_PHOTO_DAYS',
    placeholder: 'DAYS',
    help: 'days after its last upload that `serve` keeps a photo; 0: until it is removed',
    default: '30',
  },
} as const satisfies Record<string, Option>

const list = z.string().transform((text) => text.split(',').filter((part) => part !== ''))
const filled = z.string().min(1, 'expected a value; leave the option out for its default')
// Without the first step an empty text were 0: any port, no cache, photos kept for ever.
const number = z.string().regex(/\S/, 'expected a number; leave the option out for its default')
const wholeNumber = (min: number, max: number) =>
  number.pipe(z.coerce.number<string>().int().min(min).max(max))

const schema = z.object({
  dataDir: filled.transform((path) => resolve(path)),
  databaseUrl: z
    .string()
    .refine(
      isDatabaseUrl,
      'expected postgres://user:password@host:port/database; in a password / is written %2f, # %23, ? %3f and @ %40',
    ),
  modelsDir: z.string(),
  photoModel: filled,
  overheadModel: filled,
  imageryCacheMb: wholeNumber(0, 100_000_000),
  threads: wholeNumber(0, 256).transform((count) => (count === 0 ? availableParallelism() : count)),
  port: wholeNumber(0, 65535),
  host: filled,
  allowedDirs: list.transform((dirs) => dirs.map((dir) => resolve(dir))),
  allowedHosts: list,
  photoMaxMb: wholeNumber(1, 1000),
  photoDays: number.pipe(z.coerce.number<string>().min(0).max(36_500)),
})

/**
 * Empty, or what the driver can read: of a URL whose password ends it too early it would say no
 * more than "Invalid URL".
 */
function isDatabaseUrl(text: string): boolean {
  if (text === '') return true
  // The host may be missing, where a socket is named instead.
  const url = text.replace('@/', '@host/')
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(url) && new URL(url).hash === ''
}

/** The resolved options. */
export type Config = Readonly<z.output<typeof schema>>

type OptionName = keyof typeof OPTIONS

/**
 * Resolves the options.
 * @param flags  values from the command line by option name; absent ones fall through, empty ones
 *   do not
 * @param env  the process environment; an empty value counts as absent
 * @throws {ConfigError} `config-invalid` naming every bad option
 */
export function resolveConfig(
  flags: Readonly<Partial<Record<OptionName, string>>>,
  env: Readonly<Record<string, string | undefined>>,
): Config {
  const names = Object.keys(OPTIONS) as OptionName[]
  const raw = Object.fromEntries(
    names.map((name) => [name, flags[name] ?? presetOf(OPTIONS[name], env)]),
  )
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => {
    const option: Option = OPTIONS[issue.path[0] as OptionName]
    const value = option.isSecret ? '…' : String(raw[issue.path[0] as OptionName])
    return `--${option.flag} (${option.env}): got "${value}", ${issue.message.toLowerCase()}`
  })
  throw new ConfigError(
    'config-invalid',
    `Expected valid options, got:\n  ${problems.join('\n  ')}`,
    {
      hint: 'see `whereabouts --help` or .env.example',
    },
  )
}

/**
 * What an option is without a flag. Empty is what `.env` files and compose.yaml make of a variable
 * that nobody set.
 */
function presetOf(option: Option, env: Readonly<Record<string, string | undefined>>): string {
  const value = env[option.env] ?? ''
  return value === '' ? option.default : value
}

/** The overhead model of a command without `--overhead-model`. */
export function usualOverheadModel(env: Readonly<Record<string, string | undefined>>): string {
  return presetOf(OPTIONS.overheadModel, env)
}

/** The table as `.env.example`, one commented line and one assignment each. */
export function renderEnvExample(): string {
  return Object.values(OPTIONS)
    .map((option) => `# ${option.help}\n# ${option.env}=${option.default}\n`)
    .join('\n')
}

/** The table as Markdown for docs/options.md. */
export function renderOptionsTable(): string {
  const rows = Object.values(OPTIONS).map(
    (option) =>
      `| \`--${option.flag} ${option.placeholder}\` | \`${option.env}\` | ${option.default === '' ? '–' : `\`${option.default}\``} | ${option.help} |`,
  )
  return ['| flag | environment | default | meaning |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}
