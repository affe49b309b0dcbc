/** Regions as files and over the years, by commands alone. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runCommand } from '../../src/cli/run.ts'
import { encodeOrtho, makeTown, ROOF, WATER } from '../http/town.ts'
import { pgliteFolder } from '../databases.ts'

const models = fileURLToPath(new URL('../../models/tiny/', import.meta.url))
let folder: string

/** Runs a command in this process. */
async function run(
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = []
  const err: string[] = []
  vi.spyOn(console, 'log').mockImplementation((text) => void out.push(String(text)))
  vi.spyOn(console, 'error').mockImplementation((text) => void err.push(String(text)))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0)
  vi.stubEnv('WHEREABOUTS_DATA_DIR', join(folder, 'data'))
  vi.stubEnv('WHEREABOUTS_MODELS_DIR', models)
  vi.stubEnv('WHEREABOUTS_PHOTO_MODEL', 'photo')
  vi.stubEnv('WHEREABOUTS_OVERHEAD_MODEL', 'overhead')
  vi.stubEnv('DATABASE_URL', '')
  try {
    const code = await runCommand(args)
    return { code, out: out.join('\n'), err: err.join('\n') }
  } finally {
    process.exitCode = undefined
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  }
}

const place = (name: string) => join(folder, name)
const imageryOf = (...years: string[]) =>
  JSON.stringify({
    kind: 'geotiff',
    files: years.map((year) => ({ file: place(`${year}.tif`), capturedOn: year })),
    attribution: '© the surveyors',
    licence: 'CC BY 4.0',
  })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-cli-'))
  const town = await makeTown(folder)
  await writeFile(place('water.jpg'), town.waterPhoto)
  await writeFile(place('2020.tif'), encodeOrtho(WATER, ROOF))
  await writeFile(place('2023.tif'), encodeOrtho(ROOF, WATER))
  await mkdir(place('data'))
  await rename((await pgliteFolder()).dataDir, place('data/database'))
  const grid = ['--grid', '60', '--where-imagery', '--yes']
  await run('region', 'create', 'town', ...grid, '--imagery', imageryOf('2020'))
  await run('region', 'build', 'town')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a region goes through a file, under another name, and terms are told', async () => {
  const pack = place('town.parquet')
  const exported = await run('region', 'export', 'town', '--out', pack)
  expect(exported).toMatchObject({
    code: 0,
    out: expect.stringMatching(/wrote .*16 points, 16 embeddings, [\d.]+ MB/) as unknown,
    err: expect.stringContaining('rows 16/16') as unknown,
  })
  const imported = await run('region', 'import', pack, '--name', 'copy')
  expect(imported.code).toBe(0)
  expect(imported.out).toContain('region "copy" imported: 16 points, 16 embeddings')
  expect(imported.out).toContain('imagery: © the surveyors\nCC BY 4.0')
})

test('a file that is damaged, or whose name is taken, leaves with a code and what to do', async () => {
  const pack = place('town.parquet')
  expect(await run('region', 'import', pack)).toMatchObject({
    code: 64,
    err: expect.stringMatching(/region-exists[^]*--name/) as unknown,
  })
  const bytes = await readFile(pack)
  bytes[bytes.length >> 1]! ^= 1
  await writeFile(place('broken.parquet'), bytes)
  expect(await run('region', 'import', place('broken.parquet'), '--name', 'x')).toMatchObject({
    code: 64,
    err: expect.stringMatching(/pack-damaged[^]*again/) as unknown,
  })
})

test('newer imagery is embedded beside the older, told by year, and either is searched', async () => {
  const refreshed = await run('region', 'refresh', 'town', '--imagery', imageryOf('2020', '2023'))
  expect(refreshed.code).toBe(0)
  expect(refreshed.out).toContain('16 of 16 points have dates in the source that the region lacks')
  const dates = await run('region', 'dates', 'town')
  expect(dates.out.split('\n')).toEqual([
    'year\tpatches\tshare',
    '2020\t16\t50.0 %',
    '2023\t16\t50.0 %',
    '32 patches of 16 points',
  ])
  const ask = (...options: string[]) =>
    run('locate', place('water.jpg'), '--region', 'town', '--cells', 'square:60m', ...options)
  const lonOf = ({ out }: { out: string }) => Number(/^ +1 {2}([\d.]+),/m.exec(out)?.[1])
  expect(lonOf(await ask('--photo-date', '2022-10'))).toBeGreaterThan(9)
  const before = await ask('--imagery-to', '2021')
  expect(lonOf(before)).toBeLessThan(9)
  expect(before.out).toContain('left out: 0 points with imagery of other dates, 0 with none')
})

test('a sample tells what has changed at the source', async () => {
  const { out } = await run('region', 'refresh', 'copy', '--check', '5')
  expect(out).toMatch(/^4 patches compared: 4 as they were, 0 changed, 0 without imagery now$/)
})
