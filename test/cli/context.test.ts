import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  parseCount,
  parseJson,
  parseLonLat,
  parseNumbers,
  readInput,
  requireWritable,
} from '../../src/cli/context.ts'
import { readImagery } from '../../src/cli/region-request.ts'
import { runHere, settingsOf } from './run-here.ts'

const thrown = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}
const says = (words: string) => expect.stringContaining(words) as string

test('a place whose latitude comes first, or that is no place, is answered with an example', () => {
  expect(parseLonLat('9.52, 47.14')).toEqual({ lon: 9.52, lat: 47.14 })
  for (const text of ['47.14,109.52', '9.52', 'here', '']) {
    expect(thrown(() => parseLonLat(text))).toMatchObject({ hint: says('--known 9.52,47.14') })
  }
})

test('numbers that are missing are answered with how they are written', () => {
  const asked = { count: 4, name: '--bbox W,S,E,N', hint: 'e.g. --bbox 9.47,47.04,9.64,47.28' }
  expect(thrown(() => parseNumbers('1,2,,4', asked))).toMatchObject({ hint: asked.hint })
})

test('a number out of its bounds is told with them', () => {
  const bounds = { min: 1, max: 12 }
  expect(parseCount('12', '--n', bounds)).toBe(12)
  for (const text of ['0', '13', '1.5', '', 'abc']) {
    expect(thrown(() => parseCount(text, '--n', bounds))).toMatchObject({
      message: `Expected a whole number of 1 to 12 for --n, got "${text}"`,
    })
  }
  expect(thrown(() => parseCount('-1', '--n'))).toMatchObject({ message: says('0 or more') })
})

test('a file that is no JSON is not quoted as it is', () => {
  const error = thrown(() => parseJson('II*\u0000\u0008\uFFFD\uFFFDab', '--imagery'))
  expect(error).toMatchObject({ message: 'Expected JSON for --imagery, got "II*…ab"' })
})

test('a folder in the place of a file is told as a folder', async () => {
  const error: unknown = await readInput('src').catch((caught: unknown) => caught)
  expect(error).toMatchObject({ message: says('got the folder "src"'), hint: says('file in it') })
})

test('a result that could not be written is refused before the work, and nothing is written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whereabouts-out-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [file, fresh, link, lost] = ['there.csv', 'new.csv', 'link.csv', 'lost.csv'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  await writeFile(file, 'kept')
  await symlink('new.csv', link)
  await symlink('missing/new.csv', lost)
  await requireWritable([undefined, file, fresh, link, '/dev/null'])
  const missing = join(folder, 'missing')
  for (const out of [
    folder,
    join(missing, 'a.csv'),
    join(file, 'a.csv'),
    `${missing}/`,
    lost,
    '',
  ]) {
    await expect(requireWritable([fresh, out]), out).rejects.toMatchObject({
      code: 'file-unwritable',
      message: says(`got "${out}"`),
    })
  }
  expect(await readdir(folder)).toEqual(['link.csv', 'lost.csv', 'there.csv'])
  expect(await readFile(file, 'utf8')).toBe('kept')
})

test.skipIf(process.getuid?.() === 0)(
  'a file or folder that must not be written is refused',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'whereabouts-out-'))
    onTestFinished(async () => {
      await chmod(folder, 0o755)
      await rm(folder, { recursive: true })
    })
    const file = join(folder, 'there.csv')
    await writeFile(file, 'kept', { mode: 0o444 })
    await chmod(folder, 0o555)
    for (const out of [file, join(folder, 'new.csv')]) {
      await expect(requireWritable([out])).rejects.toMatchObject({ code: 'file-unwritable' })
    }
  },
)

for (const words of [
  'roads sample missing.osm.pbf --out missing/a.csv',
  'locate missing.jpg --region nowhere --out missing/a.csv',
  'locate missing.jpg --region nowhere --sheet missing/a.html',
  'scene harbor --region nowhere --out missing/a.csv',
  'region coverage nowhere --out missing/a.csv',
  'region export nowhere --out missing/a.csv',
]) {
  test(`${words} names a file that cannot be written before anything else is looked at`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'whereabouts-out-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { stderr } = await runHere(words.split(' '), { folder, env: settingsOf(folder) })
    expect(stderr).toContain('Expected a file that can be written, got "missing/a.')
    expect(await readdir(folder)).toEqual([])
  })
}

test('a sheet is not written under the name of another format', async () => {
  const args = ['locate', 'missing.jpg', '--region', 'nowhere', '--sheet', 'a.pdf']
  const { code, stderr } = await runHere(args, { folder: tmpdir(), env: settingsOf(tmpdir()) })
  expect(code).toBe(64)
  expect(stderr).toContain('Expected a file that ends in .html for --sheet, got "a.pdf"')
})

for (const words of [
  'locate a.png --region nowhere --out a.png',
  'locate a.jpg --region nowhere --format csv --out ./b --sheet b',
  'roads sample a.osm.pbf --out ./a.osm.pbf',
]) {
  test(`${words} names one file for two things`, async () => {
    const { stderr } = await runHere(words.split(' '), {
      folder: tmpdir(),
      env: settingsOf(tmpdir()),
    })
    expect(stderr).toContain('Expected a file of its own for each result')
  })
}

test('a file of imagery is a source by itself', async () => {
  expect(await readImagery('ortho.TIF')).toEqual({ kind: 'geotiff', files: [resolve('ortho.TIF')] })
  expect(await readImagery('a/b.mbtiles')).toEqual({
    kind: 'mbtiles',
    file: resolve('a/b.mbtiles'),
  })
  expect(await readImagery('b.pmtiles')).toEqual({ kind: 'pmtiles', file: resolve('b.pmtiles') })
})

test('imagery that is no text is not quoted', async () => {
  const error: unknown = await readImagery('test/fixtures/quarters.heic').catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'json', message: says('no text') })
})

test('imagery that is not written as a source is answered with one that is', async () => {
  const wrong = [
    { source: '{"kind":"geotiff",', hint: '{"kind":"geotiff","files":["ortho.tif"]}' },
    { source: 'https://tiles.example.org/{z}/{x}/{y}.jpg', hint: '"kind":"xyz"' },
    { source: 'package-lock.json.md', hint: 'check the path' },
    { source: 'README.md', hint: '"files":["README.md"]' },
    { source: 'test/fixtures/quarters.heic', hint: '"files":["test/fixtures/quarters.heic"]' },
  ]
  for (const { source, hint } of wrong) {
    const error: unknown = await readImagery(source).catch((caught: unknown) => caught)
    expect(error, source).toMatchObject({ name: 'InputError', hint: says(hint) })
  }
})
