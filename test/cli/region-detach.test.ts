/**
 * `--detach`: a build is left to workers on a server; on the embedded database nothing happens but
 * words.
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnEachDatabase } from '../databases.ts'
import { encodeOrtho, ROOF, WATER } from '../http/town.ts'
import { runHere, settingsOf } from './run-here.ts'

describeOnEachDatabase('a build that is to be left to workers', (_open, place) => {
  let folder: string
  let isServer: boolean
  let env: Record<string, string>
  const model = 'tiny/overhead'

  const run = (...args: readonly string[]) => runHere(args, { folder, env })
  const imageryOf = (file: string) => JSON.stringify({ kind: 'geotiff', files: [file] })
  const create = (name: string, stepM: number) => {
    const grid = ['--grid', String(stepM), '--where-imagery', '--yes']
    const made = ['--imagery', imageryOf('older.tif'), '--overhead-model', model]
    return run('region', 'create', name, ...grid, ...made)
  }
  const show = async (name: string) => (await run('region', 'show', name)).stdout
  const refusalOf = (command: string) => ({
    code: 64,
    stderr: expect.stringContaining(
      `or build here: \`whereabouts ${command} --overhead-model`,
    ) as unknown,
  })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-cli-'))
    await mkdir(join(folder, 'data'))
    await writeFile(join(folder, 'older.tif'), encodeOrtho(WATER, ROOF))
    await writeFile(join(folder, 'newer.tif'), encodeOrtho(ROOF, WATER))
    const at = await place()
    isServer = 'url' in at
    if ('dataDir' in at) await rename(at.dataDir, join(folder, 'data', 'database'))
    env = settingsOf(join(folder, 'data'), 'url' in at ? at.url : '')
    // The regions are not of the model that a command takes which names none.
    delete env['WHEREABOUTS_OVERHEAD_MODEL']
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('is settled by `region build` where there may be workers, and else left as it was', async () => {
    await create('dense', 16)
    const before = await show('dense')
    const options = ['--dense', '--detach', '--overhead-model', model]
    const asked = await run('region', 'build', 'dense', ...options)
    if (isServer) {
      expect(asked).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('whereabouts worker --overhead-model tiny') as unknown,
      })
      expect(JSON.parse(await show('dense'))).toMatchObject({ runtime: { denseM: 16 } })
      return
    }
    expect(asked).toMatchObject(refusalOf('region build dense'))
    expect(await show('dense')).toBe(before)
  })

  test('is settled by `region refresh` where there may be workers, and else left as it was', async () => {
    await create('town', 60)
    await run('region', 'build', 'town', '--overhead-model', model)
    const before = await show('town')
    const newer = ['--imagery', imageryOf('newer.tif'), '--vintages', '2', '--detach']
    const asked = await run('region', 'refresh', 'town', ...newer, '--overhead-model', model)
    if (isServer) {
      expect(asked).toMatchObject({ code: 0 })
      expect(JSON.parse(await show('town'))).toMatchObject({ state: 'building', vintages: 2 })
      return
    }
    expect(asked).toMatchObject(refusalOf('region refresh town'))
    expect(await show('town')).toBe(before)
  })

  test('by a name that no region has is not waited for without a word', async () => {
    if (!isServer) return
    const { code, stderr } = await run('worker', '--once', '--region', 'twon')
    expect(code).toBe(0)
    expect(stderr).toMatch(/warning: there is no region "twon" yet; there are: /)
  })
})
