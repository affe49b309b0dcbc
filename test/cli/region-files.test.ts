/** Regions as files and over the years, by commands alone. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeOrtho, makeTown, ROOF, WATER } from '../http/town.ts'
import { pgliteFolder } from '../databases.ts'
import { runHere, settingsOf } from './run-here.ts'

let folder: string

const run = (...args: readonly string[]) =>
  runHere(args, { folder, env: settingsOf(join(folder, 'data')) })

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
    stdout: expect.stringMatching(/wrote .*16 points, 16 embeddings, [\d.]+ kB/) as unknown,
    stderr: expect.stringContaining('rows 16/16') as unknown,
  })
  const imported = await run('region', 'import', pack, '--name', 'copy')
  expect(imported.code).toBe(0)
  expect(imported.stdout).toContain('region "copy" imported: 16 points, 16 embeddings')
  expect(imported.stdout).toContain('imagery: © the surveyors\nCC BY 4.0')
})

test('the command that a command names as the next one goes on with the model and the database of the region', async () => {
  const settings = settingsOf(join(folder, 'nowhere'))
  const { WHEREABOUTS_OVERHEAD_MODEL: model = '', ...env } = settings
  const data = ['--data-dir', place('data')]
  const grid = ['--grid', '60', '--where-imagery', '--yes', '--imagery', imageryOf('2020')]
  const make = ['region', 'create', 'other', ...grid, '--overhead-model', model, ...data]
  const created = await runHere(make, { folder, env })
  const [, next = ''] = /^next: whereabouts (.*)$/m.exec(created.stdout) ?? []
  const built = await runHere(next.split(' '), { folder, env })
  expect(built).toMatchObject({ code: 0, stdout: expect.stringContaining('16 of 16') as unknown })
  const again = await runHere(make, { folder, env })
  const said = `\`whereabouts --data-dir ${place('data')} region delete other\``
  expect(again.stderr).toContain(said)
})

test('a pack is not written under the name of another format', async () => {
  expect(await run('region', 'export', 'town', '--out', place('town.csv'))).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/ends in \.parquet, got ".*town\.csv"/) as unknown,
  })
})

test('a file that is damaged, or whose name is taken, leaves with a code and what to do', async () => {
  const pack = place('town.parquet')
  expect(await run('region', 'import', pack)).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/region-exists[^]*--name/) as unknown,
  })
  const bytes = await readFile(pack)
  bytes[bytes.length >> 1]! ^= 1
  await writeFile(place('broken.parquet'), bytes)
  expect(await run('region', 'import', place('broken.parquet'), '--name', 'x')).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/pack-damaged[^]*again/) as unknown,
  })
})

test('newer imagery is embedded beside the older, told by year, and either is searched', async () => {
  const refreshed = await run('region', 'refresh', 'town', '--imagery', imageryOf('2020', '2023'))
  expect(refreshed.code).toBe(0)
  expect(refreshed.stdout).toContain(
    '16 of 16 points have dates in the source that the region lacks',
  )
  const dates = await run('region', 'dates', 'town')
  expect(dates.stdout.trimEnd().split('\n')).toEqual([
    'year\tpatches\tshare',
    '2020\t16\t50.0 %',
    '2023\t16\t50.0 %',
    '32 patches of 16 points',
  ])
  const ask = (...options: string[]) =>
    run('locate', place('water.jpg'), '--region', 'town', '--cells', 'square:60m', ...options)
  // The first of the list: several are equally good, and share a rank.
  const lonOf = ({ stdout }: { stdout: string }) => Number(/^ +\d+ {2}([\d.]+),/m.exec(stdout)?.[1])
  expect(lonOf(await ask('--photo-date', '2022-10'))).toBeGreaterThan(9)
  const before = await ask('--imagery-to', '2021')
  expect(lonOf(before)).toBeLessThan(9)
  expect(before.stdout).toContain('left out: 0 points with imagery of other dates, 0 with none')
})

test('a refresh says what it does not look at: points that were never embedded, or have no imagery', async () => {
  const grid = ['--grid', '60', '--bbox', '9.0005,47.2,9.004,47.201', '--yes']
  await run('region', 'create', 'edge', ...grid, '--imagery', imageryOf('2020'))
  const first = await run('region', 'refresh', 'edge')
  expect(first.stdout).toContain('no point is embedded yet: a first build follows\n')
  const second = await run('region', 'refresh', 'edge', '--imagery', imageryOf('2023'))
  expect(second.stdout).toMatch(
    /^\d+ points without imagery were not looked at: .*region build edge --retry$/m,
  )
})

test('a sample tells what has changed at the source', async () => {
  const { stdout } = await run('region', 'refresh', 'copy', '--check', '5')
  expect(stdout).toBe('4 patches compared: 4 as they were, 0 changed, 0 without imagery now\n')
})
