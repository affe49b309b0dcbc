import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProjection } from '../../src/geo/projection.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { isWithin } from '../../src/imagery/dates.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { encodeTiff, placeTags } from '../fixtures/tiff.ts'

const [X, Y] = [593_700, 5_747_500]
const SIZE = { px: 64, gsd: 0.5 }
const { signal } = new AbortController()

let folder = ''
/** A picture of one level; it begins `eastM` east of the corner and is `widthM` wide. */
async function write(name: string, level: number, [eastM, widthM, nodata = 0]: number[]) {
  const [width, height] = [widthM!, 200]
  const values = new Uint8Array(width * height * 3).fill(level)
  // A nodata strip in the middle, m wide.
  for (let index = 0; index < width * height; index++) {
    if (Math.abs((index % width) - width / 2) < nodata / 2) values.fill(0, index * 3, index * 3 + 3)
  }
  const corner = [X + eastM!, Y + 100] as const
  const tags = { ...placeTags({ epsg: 32631, corner, pixelSize: 1 }), 42113: '0' }
  await writeFile(join(folder, name), encodeTiff([{ width, height, values, samples: 3, tags }]))
}
const open = (files: unknown[], more = {}): Promise<ImagerySource> =>
  createImagerySource(parseImageryConfig({ kind: 'geotiff', files, ...more }), imageryDeps(folder))
const FILES = [
  { file: '2019.tif', capturedOn: '2019-05-01' },
  { file: '2023-west.tif', capturedOn: '2023-06-01' },
  { file: '2021.tif', capturedOn: '2021-07-01' },
  'undated.tif',
  { file: '2023-east.tif', capturedOn: '2023-06-01' },
]
/** Metres east of the corner, at the middle of the rasters' height. */
const placeAt = (eastM: number) => createProjection(32631).inverse(X + eastM, Y)
const levelAt = async (source: ImagerySource, eastM: number, request = {}) => {
  const patch = await source.patch(placeAt(eastM), { ...SIZE, ...request }, signal)
  return { level: patch.image.data[0], date: patch.capturedOn, files: patch.reference.items }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-dates-'))
  await write('2019.tif', 19, [0, 600])
  await write('2021.tif', 21, [200, 400])
  await write('2023-west.tif', 23, [300, 100])
  await write('2023-east.tif', 33, [400, 100, 0])
  await write('undated.tif', 99, [0, 800])
})
afterAll(() => rm(folder, { recursive: true }))

describe('of several dates', () => {
  test.each([
    { eastM: 100, level: 19, date: '2019-05-01' },
    { eastM: 260, level: 21, date: '2021-07-01' },
    { eastM: 350, level: 23, date: '2023-06-01' },
    // Half of it lies in the newest picture: the one before shows it whole.
    { eastM: 300, level: 21, date: '2021-07-01' },
  ])('a window $eastM m east is of $date', async ({ eastM, level, date }) => {
    const source = await open(FILES)
    const window = await source.window?.(placeAt(eastM), SIZE, signal)
    expect([window?.image.data[0], window?.capturedOn]).toEqual([level, date])
    await source.close()
  })

  test('the newest that shows the whole patch is used', async () => {
    const source = await open(FILES)
    expect(await levelAt(source, 100)).toEqual({
      level: 19,
      date: '2019-05-01',
      files: ['2019.tif'],
    })
    expect(await levelAt(source, 250)).toMatchObject({ level: 21, date: '2021-07-01' })
    expect(await levelAt(source, 350)).toMatchObject({ level: 23, date: '2023-06-01' })
    // Half of it is newer: one date is better than two.
    expect(await levelAt(source, 300)).toMatchObject({ level: 21, date: '2021-07-01' })
    expect(await levelAt(source, 700)).toMatchObject({ level: 99, date: null })
    await source.close()
  })

  test('adjacent files of one date make one picture', async () => {
    const source = await open(FILES)
    expect(await levelAt(source, 400)).toEqual({
      level: 23,
      date: '2023-06-01',
      files: ['2023-west.tif', '2023-east.tif'],
    })
    await source.close()
  })

  test('vintages are those dates that show the whole patch, newest first', async () => {
    const source = await open(FILES)
    const vintages = (eastM: number) => source.vintages!(placeAt(eastM), SIZE)
    expect(await vintages(350)).toEqual(['2023-06-01', '2021-07-01', '2019-05-01'])
    expect(await vintages(300)).toEqual(['2021-07-01', '2019-05-01'])
    expect(await vintages(100)).toEqual(['2019-05-01'])
    expect(await vintages(700)).toEqual([])
    for (const capturedOn of await vintages(350)) {
      expect((await levelAt(source, 350, { capturedOn })).date).toBe(capturedOn)
    }
    await source.close()
  })

  test('a date that is asked for is the only one used', async () => {
    const source = await open(FILES)
    expect(await levelAt(source, 350, { capturedOn: '2019-05-01' })).toMatchObject({ level: 19 })
    for (const capturedOn of ['2023-06-01', '2001-01-01']) {
      await expect(levelAt(source, 100, { capturedOn })).rejects.toMatchObject({
        code: 'outside-imagery',
      })
    }
    await source.close()
  })

  test('an older picture is used where the newest holds no data', async () => {
    await write('cloudy.tif', 50, [0, 600, 60])
    const source = await open([FILES[0], { file: 'cloudy.tif', capturedOn: '2024-01-01' }])
    expect(await levelAt(source, 100)).toMatchObject({ level: 50, date: '2024-01-01' })
    expect(await levelAt(source, 300)).toMatchObject({ level: 19, date: '2019-05-01' })
    await source.close()
  })

  test('where none shows it whole, newer ones are completed by older ones, and the date is unknown', async () => {
    await write('west.tif', 60, [0, 100])
    await write('east.tif', 70, [100, 100])
    const source = await open([
      { file: 'west.tif', capturedOn: '2020-01-01' },
      { file: 'east.tif', capturedOn: '2022-01-01' },
    ])
    const { image, capturedOn } = await source.patch(placeAt(100), SIZE, signal)
    expect([image.data[0], image.data.at(-1), capturedOn]).toEqual([60, 70, null])
    expect(await source.vintages!(placeAt(100), SIZE)).toEqual([])
    expect(source.coversPatch!(placeAt(100), SIZE)).toBe(true)
    await source.close()
  })

  test('imageryFrom and imageryTo leave out the others, and those without a date', async () => {
    const source = await open(FILES, { imageryFrom: '2020', imageryTo: '2022-12-31' })
    expect(await levelAt(source, 350)).toMatchObject({ level: 21 })
    expect(source.coversPatch!(placeAt(100), SIZE)).toBe(false)
    await source.close()
    await expect(open(FILES, { imageryFrom: '2030' })).rejects.toMatchObject({
      code: 'imagery-dates',
    })
  })

  test('the date of the source is that of files without one', async () => {
    const source = await open(['undated.tif'], { capturedOn: '2018' })
    expect(await levelAt(source, 700)).toMatchObject({ date: '2018' })
    expect(await source.vintages!(placeAt(700), SIZE)).toEqual(['2018'])
    await source.close()
  })
})

describe('isWithin', () => {
  const CASES: [
    date: string | null,
    from: string | undefined,
    to: string | undefined,
    is: boolean,
  ][] = [
    ['2022-03-18', undefined, undefined, true],
    [null, undefined, undefined, true],
    [null, '2020', undefined, false],
    ['2022-03-18', '2022-03-18', '2022-03-18', true],
    ['2022-03-18', '2022-03-19', undefined, false],
    ['2022-03-18', undefined, '2022-03-17', false],
    ['2022-03-18', '2022', '2022', true],
    ['2022', '2022-06', undefined, true],
    ['2022', undefined, '2021-12', false],
    ['2022-03', '2022-03-10', '2022-03-12', true],
  ]
  for (const [date, imageryFrom, imageryTo, is] of CASES) {
    test(`${date} from ${imageryFrom} to ${imageryTo}: ${is}`, () => {
      expect(isWithin(date, { imageryFrom, imageryTo })).toBe(is)
    })
  }
})
