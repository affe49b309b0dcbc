import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { BadDataError, UpstreamError } from '../../src/errors.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import { cutDates } from '../../src/journeys/cut-dates.ts'
import type { Patch } from '../../src/types.ts'

const { signal } = new AbortController()
const size = { px: 2, gsd: 0.5 }
const point = { id: 7, lon: 9, lat: 47 }

function patchOf(capturedOn: string | null): Patch {
  const data = new Uint8Array(12).fill(Number(capturedOn?.slice(2, 4) ?? 0))
  return {
    image: { width: 2, height: 2, data },
    capturedOn,
    reference: { kind: 'xyz', items: [] },
  }
}
const shaOf = (capturedOn: string | null) =>
  createHash('sha256').update(patchOf(capturedOn).image.data).digest('hex')
const known = (...dates: (string | null)[]) =>
  new Map([[7, dates.map((capturedOn) => ({ capturedOn, patchSha256: shaOf(capturedOn) }))]])

/**
 * A place with pictures of some dates, of which clouds hide some; without dates it has one picture.
 */
function placeWith(dates: readonly string[] | null, hidden: readonly string[] = []): ImagerySource {
  return {
    attribution: '',
    patch: async (_at, { capturedOn }) => {
      if (capturedOn === 'broken') throw new UpstreamError('tiles-unavailable', 'x')
      if (capturedOn !== undefined && hidden.includes(capturedOn)) {
        throw new BadDataError('nodata', 'clouds')
      }
      return patchOf(capturedOn ?? dates?.[0] ?? null)
    },
    ...(dates !== null && { vintages: async () => dates }),
    close: async () => undefined,
  }
}

const cut = async (
  source: ImagerySource,
  dates: Partial<Parameters<typeof cutDates>[0]['dates']> = {},
) => {
  const wanted = { vintages: 1, known: new Map<number, []>(), ...dates }
  const patches = await cutDates({ source, size, dates: wanted }, point, signal)
  return patches.map(({ capturedOn }) => capturedOn)
}

test('a first build takes the newest picture', async () => {
  expect(await cut(placeWith(['2023', '2021']))).toEqual(['2023'])
  expect(await cut(placeWith(null))).toEqual([null])
})

test('as many of the newest dates as are wanted, those that are there left out', async () => {
  const source = placeWith(['2023', '2021', '2019'])
  expect(await cut(source, { vintages: 2 })).toEqual(['2023', '2021'])
  expect(await cut(source, { vintages: 9 })).toEqual(['2023', '2021', '2019'])
  expect(await cut(source, { vintages: 2, known: known('2021') })).toEqual(['2023'])
  expect(await cut(source, { vintages: 1, known: known('2023') })).toEqual([])
})

test('a date that clouds hide gives its place to an older one', async () => {
  const source = placeWith(['2023', '2021', '2019'], ['2023'])
  expect(await cut(source, { vintages: 2 })).toEqual(['2021', '2019'])
})

test('where every date alone is hidden, the picture that several make together is taken', async () => {
  const source = placeWith(['2023'], ['2023'])
  expect(await cut(source, { vintages: 3 })).toEqual(['2023'])
})

test('a picture that is what it was is not embedded again', async () => {
  expect(await cut(placeWith(null), { known: known(null) })).toEqual([])
  const other = new Map([[7, [{ capturedOn: null, patchSha256: 'f'.repeat(64) }]]])
  expect(await cut(placeWith(null), { known: other })).toEqual([null])
})

test('a source that cannot answer now is no hidden date', async () => {
  const source = placeWith(['broken', '2021'])
  await expect(cut(source, { vintages: 2 })).rejects.toMatchObject({ code: 'tiles-unavailable' })
})
