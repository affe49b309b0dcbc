import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  OPTIONS,
  renderEnvExample,
  renderOptionsTable,
  resolveConfig,
  usualOverheadModel,
} from '../src/config.ts'
import { ConfigError } from '../src/errors.ts'

test('a flag wins over the environment, the environment over the default', () => {
  expect(resolveConfig({}, {}).port).toBe(8080)
  expect(resolveConfig({}, { WHEREABOUTS_PORT: '9000' }).port).toBe(9000)
  expect(resolveConfig({ port: '9001' }, { WHEREABOUTS_PORT: '9000' }).port).toBe(9001)
})

test('an empty variable of the environment counts as absent', () => {
  const empty = Object.fromEntries(Object.values(OPTIONS).map(({ env }) => [env, '']))
  expect(resolveConfig({}, empty)).toEqual(resolveConfig({}, {}))
  expect(usualOverheadModel(empty)).toBe(usualOverheadModel({}))
})

test('an empty flag is refused, unless empty has a meaning, which wins over the environment', () => {
  const presets: [string, string][] = Object.entries(OPTIONS).map(([name, option]) => [
    name,
    option.default,
  ])
  for (const [name, preset] of presets) {
    const resolve = () => resolveConfig({ [name]: '' }, {})
    if (preset === '') resolve()
    else expect(resolve, name).toThrow(/got "", expected a (value|number); leave the option out/)
  }
  expect(() => resolveConfig({ port: ' ' }, {})).toThrow('--port (WHEREABOUTS_PORT): got " "')
  const env = { DATABASE_URL: 'postgres://h/d' }
  expect(resolveConfig({ databaseUrl: '' }, env).databaseUrl).toBe('')
})

test('all bad options are reported at once, each by flag and variable', () => {
  const resolve = () => resolveConfig({ port: 'x', threads: '-1' }, {})
  expect(resolve).toThrow(ConfigError)
  expect(resolve).toThrow(/--port \(WHEREABOUTS_PORT\): got "x"/)
  expect(resolve).toThrow(/--threads \(WHEREABOUTS_THREADS\): got "-1"/)
})

test('a bad database URL is reported without its value, which may hold a password', () => {
  const resolve = () => resolveConfig({ databaseUrl: 'mysql://me:hunter2@db' }, {})
  expect(resolve).toThrow(/--database-url/)
  expect(resolve).not.toThrow(/hunter2/)
})

for (const url of [
  'postgres://u:hunter/2@h/d',
  'postgres://u:hunter#2@h/d',
  'postgres://u:hunter?2@h/d',
  'postgres://u:22#hunter@h/d',
]) {
  test(`a password that ends its URL is refused with how to write it, and not shown: ${url}`, () => {
    const resolve = () => resolveConfig({}, { DATABASE_URL: url })
    expect(resolve).toThrow(
      /DATABASE_URL\): got "…", expected postgres:.* \/ is written %2f, # %23/,
    )
    expect(resolve).not.toThrow(/hunter/)
  })
}

test('every form of a database URL that the driver reads is taken', () => {
  for (const databaseUrl of [
    'postgres://u:p%2Fw@h:5432/d',
    'postgres://u:p@w@h/d?sslmode=require',
    'postgresql:///d?host=/tmp',
    'postgres://u@/d?host=/tmp',
    'postgres://%2Frun%2Fpostgresql/d',
  ]) {
    expect(resolveConfig({ databaseUrl }, {}).databaseUrl).toBe(databaseUrl)
  }
})

test('the usual overhead model is that of the environment, else the default', () => {
  expect(usualOverheadModel({ WHEREABOUTS_OVERHEAD_MODEL: 'mine' })).toBe('mine')
  expect(usualOverheadModel({})).toBe(resolveConfig({}, {}).overheadModel)
})

test('zero threads means one per core', () => {
  expect(resolveConfig({ threads: '0' }, {}).threads).toBeGreaterThanOrEqual(1)
  expect(resolveConfig({ threads: '3' }, {}).threads).toBe(3)
})

const documents = [
  { path: '.env.example', text: `${renderEnvExample()}` },
  {
    path: 'docs/options.md',
    text: `# Options of every command\n\nMade from \`src/config.ts\` by \`npm run bless\`.\n\n${renderOptionsTable()}\n`,
  },
]

for (const { path, text } of documents) {
  test(`${path} is in step with the option table`, () => {
    const url = new URL(`../${path}`, import.meta.url)
    if (process.env['BLESS']) writeFileSync(url, text)
    expect(readFileSync(url, 'utf8')).toBe(text)
  })
}

test('every option has its own flag and variable', () => {
  const options = Object.values(OPTIONS)
  expect(new Set(options.map((option) => option.flag)).size).toBe(options.length)
  expect(new Set(options.map((option) => option.env)).size).toBe(options.length)
})
