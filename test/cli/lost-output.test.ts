/** Output that cannot be written: its reader is gone, or the disk is full. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pgliteFolder } from '../databases.ts'
import { nodeArguments } from '../fixtures/program.ts'
import { makeTown } from '../http/town.ts'
import { runHere, settingsOf } from './run-here.ts'

let folder: string

const settings = () => settingsOf(join(folder, 'data'))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-lost-'))
  await makeTown(folder)
  await mkdir(join(folder, 'data'))
  await rename((await pgliteFolder()).dataDir, join(folder, 'data', 'database'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a build whose progress nobody reads any more goes on to its end', async () => {
  const create = ['region', 'create', 'town', '--grid', '30', '--where-imagery']
  await runHere([...create, '--imagery', 'ortho.tif'], { folder, env: settings() })
  const args = [...nodeArguments('src/cli/main.ts'), 'region', 'build', 'town']
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...settings() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stderr.destroy()
  let stdout = ''
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  const [code] = (await once(child, 'close')) as [number]
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/(\d+) of \1 points embedded/) as unknown,
  })
})
