/** Output that cannot be written: its reader is gone, or the disk is full. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
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

test.skipIf(process.platform === 'win32')(
  'a result on stdout that the disk has no room for leaves with an error, not cut short in silence',
  async () => {
    const args = [...nodeArguments('src/cli/main.ts'), 'roads', 'sample', 'town.osm.pbf']
    // A limit on the size of files stands for the disk: the write that reaches it is short, the
    // next one fails.
    const line = 'ulimit -f 8; exec "$0" "$@" > points.csv'
    const child = spawn('sh', ['-c', line, process.execPath, ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(64)
    expect(stderr).toMatch(/file-unwritable.*a whole result on stdout, got part of it: EFBIG/)
    expect(stderr).toMatch(/→ make room/)
  },
)

test('a result on stdout goes whole into a file, behind what is there', async () => {
  const args = [...nodeArguments('src/cli/main.ts'), 'roads', 'sample', 'town.osm.pbf']
  const path = join(folder, 'all.csv')
  await writeFile(path, 'mine\n')
  const file = await open(path, 'a')
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', file.fd, 'ignore'],
  })
  expect(await once(child, 'close')).toEqual([0, null])
  await file.close()
  const lines = (await readFile(path, 'utf8')).split('\n')
  expect(lines.slice(0, 2)).toEqual(['mine', 'id,lon,lat'])
  expect(lines.length).toBe(10_003)
})
