import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { outcomeOf } from '../../src/errors.ts'
import { FilePlaces } from '../../src/roads/node-places-file.ts'
import { readRoadNetwork } from '../../src/roads/read-network.ts'
import { makeExtract } from './make-pbf.ts'
import { plain } from './read-made.ts'

const { signal } = new AbortController()
const fault = {
  code: 'temporary-unusable',
  hint: expect.stringContaining('TMPDIR') as string,
}

test('a disk that is full fails the reading as what it is, not as a damaged extract', () => {
  const places = new FilePlaces('/dev/full')
  places.set(0, 1, 1)
  expect(() => places.flush()).toThrow(
    expect.objectContaining({ fault: expect.objectContaining(fault) as object }),
  )
  places.close()
})

test('a temporary folder that cannot be used is named, with the next step, and leaves with 69', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'whereabouts-test-'))
  const path = join(folder, 'made.osm.pbf')
  writeFileSync(path, makeExtract(plain))
  vi.stubEnv('TMPDIR', join(folder, 'nowhere'))
  try {
    const options = { boundary: null, threads: 1, signal, placeBytesMax: 0 }
    const failure: unknown = await readRoadNetwork(path, options).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'UpstreamError', ...fault })
    expect((failure as Error).message).toContain(join(folder, 'nowhere'))
    expect(outcomeOf(failure).exit).toBe(69)
  } finally {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  }
})
