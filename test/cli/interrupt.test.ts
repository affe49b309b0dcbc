/** What Ctrl-C and `docker stop` do to commands, on imagery that never answers. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnEachDatabase } from '../databases.ts'
import { nodeArguments } from '../fixtures/program.ts'
import { runHere, settingsOf } from './run-here.ts'

describeOnEachDatabase('a command', (_open, place) => {
  let folder: string
  let url: string
  const silent = createServer(() => undefined)

  const settings = () => settingsOf(join(folder, 'data'), url)
  const run = (...args: readonly string[]) => runHere(args, { folder, env: settings() })
  const start = (...args: readonly string[]) => {
    const child = spawn(process.execPath, [...nodeArguments('src/cli/main.ts'), ...args], {
      cwd: folder,
      env: { ...process.env, ...settings() },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (text: Buffer) => (output += text.toString()))
    child.stderr.on('data', (text: Buffer) => (output += text.toString()))
    const ended = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      output,
    }))
    return { child, ended }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-interrupt-'))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const at = await place()
    url = 'url' in at ? at.url : ''
    await mkdir(join(folder, 'data'))
    if ('dataDir' in at) await rename(at.dataDir, join(folder, 'data', 'database'))
    const { port } = silent.address() as AddressInfo
    const imagery = {
      kind: 'xyz',
      url: `http://127.0.0.1:${port}/{z}/{x}/{y}`,
      attribution: 'nobody',
      maxZoom: 18,
      timeoutS: 600,
    }
    const wanted = ['--grid', '40', '--bbox', '9,47.2,9.002,47.202', '--yes']
    const created = await run(
      'region',
      'create',
      'slow',
      '--imagery',
      JSON.stringify(imagery),
      ...wanted,
    )
    expect(created).toMatchObject({ code: 0 })
  })
  afterAll(async () => {
    silent.closeAllConnections()
    silent.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('that builds stops at Ctrl-C with 130, gives its points back and says how to go on', async () => {
    // The same on both databases; processes are slow to start.
    if (url !== '') return
    const { child, ended } = start('region', 'build', 'slow')
    silent.once('request', () => child.kill('SIGINT'))
    const { code, output } = await ended
    expect(code).toBe(130)
    expect(output).toMatch(/continue with `whereabouts region build slow`/)
    const shown = await run('region', 'show', 'slow')
    expect(JSON.parse(shown.stdout)).toMatchObject({
      state: 'stopped',
      build: 'stopped, continue with: whereabouts region build slow',
      points: { leased: 0 },
    })
  })

  test('that builds ends at the second signal as by a kill, without taking its threads down', async () => {
    if (url !== '') return
    const { child, ended } = start('region', 'build', 'slow')
    silent.once('request', () => {
      child.kill('SIGTERM')
      child.kill('SIGINT')
    })
    const { code, signal, output } = await ended
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGINT' })
    expect(output).toContain('again to stop at once')
    const shown = await run('region', 'show', 'slow')
    expect(JSON.parse(shown.stdout)).toMatchObject({ state: 'stopped', points: { leased: 0 } })
  })

  test('that has no result yet ends at Ctrl-C with 130 and without a word of a bug', async () => {
    if (url !== '') return
    const { port } = silent.address() as AddressInfo
    const shown = await run('region', 'show', 'slow')
    const imagery = JSON.stringify((JSON.parse(shown.stdout) as { imagery: object }).imagery)
    const wanted = ['--grid', '40', '--bbox', '9,47.2,9.002,47.202', '--imagery', imagery]
    const mirror = ['--from', `http://127.0.0.1:${port}/x`, '--to', folder]
    for (const args of [
      ['models', 'fetch', 'places365-resnet18', ...mirror],
      ['region', 'estimate', ...wanted, '--sample', '4'],
    ]) {
      // A process of its own: the second signal of one would end the tests.
      const { child, ended } = start(...args)
      silent.once('request', () => child.kill('SIGINT'))
      const { code, signal, output } = await ended
      expect({ code, signal }, args.join(' ')).toEqual({ code: 130, signal: null })
      expect(output).toMatch(/stopping after the work under way/)
      expect(output).not.toMatch(/bug|Error/)
    }
  })

  test('that creates a region creates none when Ctrl-C comes before it is written', async () => {
    if (url !== '') return
    const { port } = silent.address() as AddressInfo
    const imagery = JSON.stringify({
      kind: 'cog',
      attribution: 'nobody',
      urls: [`http://127.0.0.1:${port}/a.tif`],
    })
    const wanted = ['--grid', '40', '--bbox', '9,47.2,9.002,47.202', '--imagery', imagery]
    const { child, ended } = start('region', 'create', 'unwanted', ...wanted, '--yes')
    silent.once('request', () => child.kill('SIGINT'))
    const { code, signal } = await ended
    expect({ code, signal }).toEqual({ code: 130, signal: null })
    expect((await run('region', 'list')).stdout).not.toContain('unwanted')
  })

  test('that only asks ends at Ctrl-C with 130', async () => {
    // The lock of the embedded database tells that the command has begun; on a server nothing does.
    if (url !== '') return
    const { child, ended } = start('scene', 'harbour', '--region', 'slow')
    const lock = join(folder, 'data', 'database', 'lock')
    while (!existsSync(lock)) await new Promise((resolve) => setTimeout(resolve, 10))
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
  })

  test('worker takes part in a build that was asked for until it is told to stop; PGlite refuses it', async () => {
    if (url === '') {
      expect(await run('worker')).toMatchObject({
        code: 64,
        stderr: expect.stringMatching(/PostgreSQL.*\n.*region build/) as unknown,
      })
      return
    }
    expect(await run('region', 'build', 'slow', '--detach')).toMatchObject({ code: 0 })
    const { child, ended } = start('worker', '--region', 'slow')
    silent.once('request', () => child.kill('SIGTERM'))
    expect(await ended).toMatchObject({ code: 0 })
    const shown = await start('region', 'show', 'slow').ended
    // Other workers may go on: the build is still wanted.
    expect(JSON.parse(shown.output)).toMatchObject({ state: 'building', points: { leased: 0 } })
  })
})
