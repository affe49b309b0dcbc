/**
 * `whereabouts models fetch` as a user runs it; what arrives is tested in
 * test/embedding/download.test.ts.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRangeServer, type RangeServer } from '../fixtures/range-server.ts'
import { runHere, settingsOf } from './run-here.ts'

let dir = ''
let server: RangeServer
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'whereabouts-models-'))
  server = await startRangeServer({ '/short': new Uint8Array(1000) })
})
afterAll(async () => {
  await server.close()
  await rm(dir, { recursive: true })
})

const run = (...args: readonly string[]) =>
  runHere(args, { folder: dir, env: settingsOf(join(dir, 'data')) })

test('models fetch tells on stderr what came and what to do when the mirror breaks off', async () => {
  const from = ['--from', `${server.origin}/short`, '--to', dir]
  const { code, stdout, stderr } = await run('models', 'fetch', 'places365-resnet18', ...from)
  expect({ code, stdout }).toEqual({ code: 69, stdout: '' })
  expect(stderr).toContain('places365-resnet18: 0.0 of 45.5 MB')
  expect(stderr).toContain('only 1000 of 45506139 bytes')
  expect(stderr).toContain('run it again, it continues after 1000 of 45506139 bytes')
  expect(await readdir(dir)).toEqual(['resnet18_places365.pth.tar.part'])
})

test('models fetch knows what is published', async () => {
  const { code, stderr } = await run('models', 'fetch', 'resnet152')
  expect(code).toBe(66)
  expect(stderr).toContain('known: places365-resnet18')
})

test('models list marks the two in use, and tells of one that is not there', async () => {
  const marked = (stdout: string) =>
    stdout
      .split('\n')
      .filter((row) => row.endsWith('\tin use'))
      .map((row) => row.split('\t')[0])
  const both = await run('models', 'list')
  expect(marked(both.stdout)).toEqual(['tiny/overhead', 'tiny/photo'])
  expect(both.stderr).toBe('')
  const one = await run('models', 'list', '--overhead-model', 'tiny/gone')
  expect(marked(one.stdout)).toEqual(['tiny/photo'])
  expect(one.stderr).toBe('warning: --overhead-model is tiny/gone, which is not there\n')
})
