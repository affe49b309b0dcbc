/** What `region create` asks on a terminal: a real one, which `script` of util-linux makes. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pgliteFolder } from '../databases.ts'
import { nodeArguments } from '../fixtures/program.ts'
import { makeTown } from '../http/town.ts'
import { runHere, settingsOf } from './run-here.ts'

const QUESTION = 'create region "asked"? [y/N]'
const CREATE = ['region', 'create', 'asked', '--grid', '50', '--where-imagery']

/** Other systems have another `script`, some small ones of Linux none. */
const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
if (!hasScript) {
  const line = 'the question on a terminal needs script of util-linux'
  if (process.env['CI'] !== undefined) throw new Error(`${line}, missing here`)
  process.stderr.write(`skipped, ${line}\n`)
}

describe.skipIf(!hasScript)('region create on a terminal', () => {
  let folder: string
  const settings = () => settingsOf(join(folder, 'data'))
  const list = async () => (await runHere(['region', 'list'], { folder, env: settings() })).stdout

  /** Types `keys` when it is asked. */
  async function create(keys: string, ...more: readonly string[]) {
    const args = [...nodeArguments('src/cli/main.ts'), ...CREATE, '--imagery', 'ortho.tif', ...more]
    const line = [process.execPath, ...args].map((word) => `'${word}'`).join(' ')
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: folder,
      env: { ...process.env, ...settings() },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let shown = ''
    let isAnswered = false
    child.stdout.on('data', (text: Buffer) => {
      shown += text.toString()
      if (isAnswered || !shown.includes(QUESTION)) return
      isAnswered = true
      child.stdin.write(keys)
    })
    const [code] = (await once(child, 'close')) as [number]
    return { code, shown, isAnswered }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-asks-'))
    await makeTown(folder)
    await mkdir(join(folder, 'data'))
    await rename((await pgliteFolder()).dataDir, join(folder, 'data', 'database'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  for (const { name, keys, code } of [
    { name: 'no', keys: 'n\n', code: 0 },
    { name: 'the end of input', keys: '\x04', code: 0 },
    { name: 'Ctrl-C', keys: '\x03', code: 130 },
  ]) {
    test(`${name} as the answer leaves nothing behind`, async () => {
      const outcome = await create(keys)
      expect(outcome).toMatchObject({ code, isAnswered: true })
      // What it would cost is shown before the question.
      expect(outcome.shown.indexOf('points, a patch of')).toBeGreaterThan(-1)
      expect(outcome.shown.indexOf('points, a patch of')).toBeLessThan(
        outcome.shown.indexOf(QUESTION),
      )
      expect(outcome.shown).not.toContain('region "asked" created')
      expect(outcome.shown.includes('nothing was created')).toBe(code === 0)
      expect(await list()).toBe('')
    }, 60_000)
  }

  test('yes as the answer creates it, and --yes does so without a question', async () => {
    const asked = await create('y\n')
    expect(asked).toMatchObject({ code: 0, isAnswered: true })
    expect(asked.shown).toMatch(/region "asked" created with \d+ points/)
    expect(await list()).toMatch(/^asked\t/)
    await runHere(['region', 'delete', 'asked', '--yes'], { folder, env: settings() })
    const unasked = await create('', '--yes')
    expect(unasked).toMatchObject({ code: 0, isAnswered: false })
    expect(await list()).toMatch(/^asked\t/)
    const stopped = await runHere(['region', 'stop', 'asked'], { folder, env: settings() })
    expect(stopped.stdout).toBe('region "asked" is not being built; nothing to stop\n')
  }, 60_000)
})
