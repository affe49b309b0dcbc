import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { repeatOptions } from '../../src/cli/given-options.ts'
import { createProgram } from '../../src/cli/program.ts'

/** What `region list` gets as its command, with options before and behind it. */
async function commandOf(
  before: readonly string[],
  behind: readonly string[] = [],
): Promise<Command> {
  const program = await createProgram(['region'])
  let found: Command = program
  const list = program.commands[0]?.commands.find((command) => command.name() === 'list')
  list?.action((_options: unknown, command: Command) => void (found = command))
  await program.parseAsync([...before, 'region', 'list', ...behind], { from: 'user' })
  return found
}

const NEXT = 'next: whereabouts region build town'
const CASES = [
  { name: 'without options a text stays as it is', args: [], said: NEXT },
  {
    name: 'the folder of data is repeated, and that of models',
    args: ['--data-dir', 'a', '--models-dir=/m'],
    said: 'next: whereabouts --data-dir a --models-dir /m region build town',
  },
  {
    name: 'what a shell would split or read is in quotes',
    args: ['--data-dir', "my 'data' $HOME"],
    said: String.raw`next: whereabouts --data-dir 'my '\''data'\'' $HOME' region build town`,
  },
  {
    name: 'a database is repeated',
    args: ['--database-url', 'postgres://me@h:5432/d?host=/tmp'],
    said: "next: whereabouts --database-url 'postgres://me@h:5432/d?host=/tmp' region build town",
  },
  {
    name: 'that of no server, too',
    args: ['--database-url', ''],
    said: "next: whereabouts --database-url '' region build town",
  },
  ...[
    'postgres://u:p@h/d',
    'postgres://h/d?password=p',
    'postgres://h/d?sslpassword=p',
    'host=h password=p',
    'postgres://u:p/w@h:x/d',
  ].map((url) => ({
    name: `a password is not: ${url}`,
    args: ['--database-url', url],
    said: 'next: whereabouts --database-url … region build town',
  })),
  {
    name: 'options that say how a command works are not',
    args: ['--threads', '2', '--overhead-model', 'm'],
    said: NEXT,
  },
]
for (const { name, args, said } of CASES) {
  test(`a next command: ${name}`, async () => {
    expect(repeatOptions(NEXT, await commandOf(args))).toBe(said)
  })
}

test('every next command of a text gets them, what names none does not, and nothing is said twice', async () => {
  const command = await commandOf(['--data-dir', 'd'])
  const text = '`whereabouts models list`; whereabouts worker, or whereabouts region build x'
  const said =
    '`whereabouts --data-dir d models list`; whereabouts --data-dir d worker, or whereabouts --data-dir d region build x'
  expect(repeatOptions(text, command)).toBe(said)
  expect(repeatOptions(said, command)).toBe(said)
  const other = 'a process of `whereabouts serve`, in whereabouts-data'
  expect(repeatOptions(other, command)).toBe(other)
})

test('an option that was typed behind the command is repeated too', async () => {
  const command = await commandOf([], ['--data-dir', 'd'])
  expect(repeatOptions(NEXT, command)).toBe('next: whereabouts --data-dir d region build town')
})

test('the environment is not repeated', async () => {
  process.env['WHEREABOUTS_DATA_DIR'] = 'from-environment'
  try {
    expect(repeatOptions(NEXT, await commandOf([]))).toBe(NEXT)
  } finally {
    delete process.env['WHEREABOUTS_DATA_DIR']
  }
})

for (const script of ['whereabouts', "'whereabouts'"]) {
  test(`a next command begins with npx where npx started ${script}`, async () => {
    const env = { npm_lifecycle_event: 'npx', npm_lifecycle_script: script }
    const said = 'next: npx whereabouts region build town'
    expect(repeatOptions(NEXT, await commandOf([]), env)).toBe(said)
    expect(repeatOptions(said, await commandOf([]), env)).toBe(said)
    expect(repeatOptions(NEXT, await commandOf(['--data-dir', 'a']), env)).toBe(
      'next: npx whereabouts --data-dir a region build town',
    )
  })
}

test('a next command begins without npx where npx started something else, or nothing', async () => {
  const command = await commandOf([])
  const script = { npm_lifecycle_script: 'whereabouts' }
  for (const env of [
    {},
    { npm_lifecycle_event: 'demo', ...script },
    { npm_lifecycle_event: 'npx', npm_lifecycle_script: 'vitest' },
  ]) {
    expect(repeatOptions(NEXT, command, env)).toBe(NEXT)
  }
})
