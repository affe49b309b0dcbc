import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createProjection } from '../../src/geo/projection.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import { testImagerySource } from '../contract/imagery-source.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { startRangeServer, type RangeServer } from '../fixtures/range-server.ts'
import { cornerOf, drawRaster, groundPatch, waves } from '../fixtures/rasters.ts'
import { encodeTiff, placeTags } from '../fixtures/tiff.ts'

const EPSG = 32631
const CENTRE = { lon: 4.36, lat: 51.87 }
const utm = createProjection(EPSG)
const [X, Y] = utm.forward(CENTRE).map(Math.round) as [number, number]
const SIZE = { px: 64, gsd: 0.5 }
const { signal } = new AbortController()
/** Metres east of the centre. */
const placeAt = (eastM: number) => utm.inverse(X + eastM, Y)

/** A GeoTIFF of one level between two eastings, 200 m high, 1 m per pixel. */
function picture(level: number, fromM: number, toM: number): Buffer {
  const [width, height] = [toM - fromM, 200]
  const corner = [X + fromM, Y + 100] as const
  const values = new Uint8Array(width * height * 3).fill(level)
  const tags = placeTags({ epsg: EPSG, corner, pixelSize: 1 })
  return encodeTiff([{ width, height, values, samples: 3, tilePx: 64, tags }])
}

function item(id: string, date: string | null, [fromM, toM]: [number, number]): object {
  const corners = [
    [fromM, -100],
    [toM, -100],
    [toM, 100],
    [fromM, 100],
    [fromM, -100],
  ].map(([x, y]) => {
    const { lon, lat } = utm.inverse(X + x!, Y + y!)
    return [lon, lat]
  })
  const lons = corners.map(([lon]) => lon!)
  const lats = corners.map(([, lat]) => lat!)
  return {
    type: 'Feature',
    stac_version: '1.0.0',
    id,
    geometry: { type: 'Polygon', coordinates: [corners] },
    bbox: [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)],
    properties: { datetime: date === null ? null : `${date}T10:11:12Z` },
    assets: {
      thumbnail: { href: `./thumbnails/${id}.png`, type: 'image/png' },
      visual: { href: `./cogs/${id}.tif`, type: 'image/tiff; application=geotiff' },
    },
    links: [{ rel: 'collection', href: './collection.json' }],
  }
}
const PICTURES: [id: string, date: string | null, level: number, range: [number, number]][] = [
  ['a', '2019-05-01', 19, [-400, 400]],
  ['b', '2023-06-01', 23, [0, 200]],
  ['c', '2023-06-01', 33, [200, 400]],
  ['d', '2021-07-01', 21, [-100, 300]],
]
const ITEMS = PICTURES.map(([id, date, , range]) => item(id, date, range))
const COLLECTION = {
  type: 'Collection',
  license: 'CC-BY-4.0',
  providers: [{ name: 'Flyers', roles: ['producer'] }],
}
const collectionOf = (features: object[], links: object[] = []): Buffer =>
  Buffer.from(JSON.stringify({ type: 'FeatureCollection', features, links }))

let folder = ''
let server: RangeServer
const open = (config: object): Promise<ImagerySource> =>
  createImagerySource(parseImageryConfig({ kind: 'stac', ...config }), imageryDeps(folder))
const local = { file: 'catalogue/items.json' }
const remote = (path = '/items.json') => ({ url: server.origin + path, requestsPerSecond: 1000 })
const levelAt = async (source: ImagerySource, eastM: number, request = {}) => {
  const patch = await source.patch(placeAt(eastM), { ...SIZE, ...request }, signal)
  return [patch.image.data[0], patch.capturedOn]
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-stac-'))
  await mkdir(join(folder, 'catalogue/cogs'), { recursive: true })
  await writeFile(join(folder, 'catalogue/items.json'), collectionOf(ITEMS))
  await writeFile(join(folder, 'catalogue/collection.json'), JSON.stringify(COLLECTION))
  for (const [id, , level, range] of PICTURES) {
    await writeFile(join(folder, `catalogue/cogs/${id}.tif`), picture(level, ...range))
  }
  const cogs = PICTURES.map(([id, , level, range]) => [`/cogs/${id}.tif`, picture(level, ...range)])
  server = await startRangeServer({
    ...(Object.fromEntries(cogs) as Record<string, Buffer>),
    '/items.json': collectionOf(ITEMS),
    '/collection.json': Buffer.from(JSON.stringify(COLLECTION)),
    '/page-1': collectionOf(ITEMS.slice(0, 2), [{ rel: 'next', href: '/page-2?token=abc' }]),
    '/page-2': collectionOf(ITEMS.slice(2)),
  })
})
beforeEach(() => void (server.requests.length = 0))
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

describe('stac', () => {
  const plan = { epsg: EPSG, centre: CENTRE, width: 600, height: 600, pixelSize: 0.3 }
  testImagerySource({
    open: async () => {
      const tags = placeTags({ ...plan, corner: cornerOf(plan) })
      const image = { ...plan, values: drawRaster(plan, waves), samples: 3, tilePx: 64, tags }
      await writeFile(join(folder, 'catalogue/cogs/waves.tif'), encodeTiff([image]))
      const items = collectionOf([item('waves', '2024-05-06', [-80, 80])])
      await writeFile(join(folder, 'catalogue/waves.json'), items)
      return open({ file: 'catalogue/waves.json', attribution: 'made for tests' })
    },
    inside: CENTRE,
    outside: { lon: 4.5, lat: 51.87 },
    truth: (px, gsd) => groundPatch(waves, px, gsd),
    tolerance: 2,
  })
})

const BOTH = [
  { name: 'beside their file', config: () => local },
  { name: 'behind HTTP', config: () => remote() },
]
for (const { name, config } of BOTH) {
  describe(`items ${name}`, () => {
    test('give the newest picture that shows a place whole, and its date', async () => {
      const source = await open(config())
      expect(await levelAt(source, -300)).toEqual([19, '2019-05-01'])
      expect(await levelAt(source, 100)).toEqual([23, '2023-06-01'])
      expect(await levelAt(source, 0)).toEqual([21, '2021-07-01'])
      // Two items of one day side by side.
      expect(await levelAt(source, 200)).toEqual([23, '2023-06-01'])
      await source.close()
    })

    test('tell all dates of a place, each of which can be cut', async () => {
      const source = await open(config())
      expect(await source.vintages!(placeAt(-300), SIZE)).toEqual(['2019-05-01'])
      const dates = await source.vintages!(placeAt(100), SIZE)
      expect(dates).toEqual(['2023-06-01', '2021-07-01', '2019-05-01'])
      const levels = [23, 21, 19]
      for (const [index, capturedOn] of dates.entries()) {
        expect(await levelAt(source, 100, { capturedOn })).toEqual([levels[index], capturedOn])
      }
      await source.close()
    })

    test('are attributed as their collection says', async () => {
      const source = await open(config())
      expect(source.attribution).toBe('CC-BY-4.0, Flyers')
      await source.close()
    })

    test('outside imageryFrom and imageryTo are left out', async () => {
      const source = await open({ ...config(), imageryTo: '2022' })
      expect(await levelAt(source, 100)).toEqual([21, '2021-07-01'])
      await source.close()
      await expect(open({ ...config(), imageryFrom: '2030' })).rejects.toMatchObject({
        code: 'imagery-dates',
      })
    })
  })
}

describe('items behind HTTP', () => {
  test('are opened where a patch needs them, not before', async () => {
    const source = await open(remote())
    expect(server.requests.filter(({ url }) => url.startsWith('/cogs'))).toEqual([])
    expect(source.coversPatch!(placeAt(-300), SIZE)).toBe(true)
    expect(source.coversPatch!(placeAt(390), SIZE)).toBe(false)
    await levelAt(source, -300)
    const opened = new Set(server.requests.map(({ url }) => url))
    expect([...opened].filter((url) => url.startsWith('/cogs'))).toEqual(['/cogs/a.tif'])
    await source.close()
  })

  test('come from all pages of a search', async () => {
    const source = await open(remote('/page-1'))
    expect((await source.footprint!()).coordinates.length).toBe(4)
    expect(server.requests.map(({ url }) => url)).toContain('/page-2?token=abc')
    await source.close()
  })

  test('whose file was exchanged are read anew', async () => {
    const file = server.files.get('/cogs/a.tif')!
    const source = await open(remote())
    await levelAt(source, -300)
    Object.assign(file, { bytes: picture(77, -400, 400), etag: '"2"' })
    const request = { capturedOn: '2019-05-01' }
    expect(await levelAt(source, 350, request)).toEqual([77, '2019-05-01'])
    await source.close()
    Object.assign(file, { bytes: picture(19, -400, 400), etag: '"1"' })
  })

  test('whose file was exchanged are read anew in every place, also where the server tells no ETag', async () => {
    const file = server.files.get('/cogs/a.tif')!
    file.etag = null
    const source = await open(remote())
    const request = { capturedOn: '2019-05-01' }
    expect(await levelAt(source, -300, request)).toEqual([19, '2019-05-01'])
    // That it is another file shows by its length alone.
    file.bytes = Buffer.concat([picture(77, -400, 400), Buffer.alloc(1)])
    expect(await levelAt(source, 350, request)).toEqual([77, '2019-05-01'])
    expect(await levelAt(source, -300, request)).toEqual([77, '2019-05-01'])
    await source.close()
    Object.assign(file, { bytes: picture(19, -400, 400), etag: '"1"' })
  })

  test('whose addresses differ only in a signature are told apart', async () => {
    const signed = (id: string, date: string) => ({
      ...item(id, date, [-400, 400]),
      assets: { visual: { href: `/signed.tif?token=${id}` } },
    })
    server.files.set('/signed.json', {
      bytes: collectionOf([signed('old', '2019-05-01'), signed('new', '2023-06-01')]),
    })
    // One answer for each token: the file behind the path is exchanged before the other one is
    // opened.
    const file = { bytes: picture(23, -400, 400), etag: null }
    server.files.set('/signed.tif', file)
    const source = await open(remote('/signed.json'))
    expect(await levelAt(source, 0, { capturedOn: '2023-06-01' })).toEqual([23, '2023-06-01'])
    file.bytes = picture(19, -400, 400)
    expect(await levelAt(source, 0, { capturedOn: '2019-05-01' })).toEqual([19, '2019-05-01'])
    await source.close()
  })

  test('can be asked afresh: their pictures are read anew, the list of them is not', async () => {
    const file = server.files.get('/cogs/a.tif')!
    const source = await open(remote())
    await levelAt(source, -300)
    server.requests.length = 0
    Object.assign(file, { bytes: picture(88, -400, 400), etag: '"3"' })
    const fresh = source.fresh!()
    expect(await levelAt(fresh, -300)).toEqual([88, '2019-05-01'])
    expect(new Set(server.requests.map(({ url }) => url))).toEqual(new Set(['/cogs/a.tif']))
    await fresh.close()
    Object.assign(file, { bytes: picture(19, -400, 400), etag: '"1"' })
    // The source goes on as it was.
    expect(await levelAt(source, 250, { capturedOn: '2023-06-01' })).toEqual([33, '2023-06-01'])
    await source.close()
  })

  test('one of which is missing spoil their places, not the others', async () => {
    const gone = item('gone', '2024-01-01', [-400, -200])
    server.files.set('/gone.json', { bytes: collectionOf([...ITEMS, gone]) })
    const source = await open(remote('/gone.json'))
    // An older picture serves where there is one.
    expect(await levelAt(source, -300)).toEqual([19, '2019-05-01'])
    const wanted = source.patch(placeAt(-300), { ...SIZE, capturedOn: '2024-01-01' }, signal)
    await expect(wanted).rejects.toMatchObject({ name: 'BadDataError', code: 'file-unreadable' })
    await source.close()
    // Where there is none the file is waited for.
    server.files.set('/gone.json', { bytes: collectionOf([gone]) })
    const alone = await open(remote('/gone.json'))
    const cut = alone.patch(placeAt(-300), SIZE, signal)
    await expect(cut).rejects.toMatchObject({ name: 'UpstreamError', code: 'file-missing' })
    await alone.close()
  })
})

describe('the asset', () => {
  const withAssets = async (assets: object, config = {}) => {
    const made = { ...item('x', '2020-01-01', [-400, 400]), assets }
    await writeFile(join(folder, 'catalogue/assets.json'), collectionOf([made]))
    return open({ file: 'catalogue/assets.json', ...config })
  }
  const a = { href: './cogs/a.tif', type: 'image/tiff' }
  const other = { href: './cogs/d.tif', type: 'image/tiff' }
  const CASES: { name: string; assets: object; config?: object }[] = [
    { name: 'named in the source', assets: { visual: other, rgb: a }, config: { asset: 'rgb' } },
    { name: 'visual before image', assets: { image: other, visual: a } },
    { name: 'image before others', assets: { b04: other, image: a } },
    { name: 'the only GeoTIFF', assets: { meta: { href: 'x.json' }, ortho: a } },
  ]
  for (const { name, assets, config } of CASES) {
    test(`is ${name}`, async () => {
      const source = await withAssets(assets, config)
      expect((await levelAt(source, 0))[0]).toBe(19)
      await source.close()
    })
  }

  test('that is not clear is asked for, naming those there are', async () => {
    await expect(withAssets({ b02: a, b03: other })).rejects.toMatchObject({
      code: 'stac-items',
      message: expect.stringMatching(/item x, got b02, b03/) as string,
      hint: expect.stringContaining('"asset"') as string,
    })
  })
})

describe('refuses', () => {
  const DOCUMENTS: { name: string; bytes: Buffer; says: RegExp }[] = [
    { name: 'a catalogue without items', bytes: Buffer.from('{"type":"Catalog"}'), says: /empty/ },
    { name: 'what is not JSON', bytes: Buffer.from('<html>'), says: /Expected JSON/ },
    { name: 'no items at all', bytes: collectionOf([]), says: /empty collection/ },
    {
      name: 'features that are not items',
      bytes: collectionOf([{ type: 'Feature', properties: {} }]),
      says: /features\.0\.id/,
    },
    {
      name: 'an item without a place',
      bytes: collectionOf([{ ...item('x', null, [0, 1]), geometry: null, bbox: undefined }]),
      says: /polygon or a bbox for item x/,
    },
    {
      name: 'an item at an odd time',
      bytes: collectionOf([item('x', 'tomorrow', [0, 1])]),
      says: /time for item x/,
    },
  ]
  for (const { name, bytes, says } of DOCUMENTS) {
    test(name, async () => {
      await writeFile(join(folder, 'catalogue/bad.json'), bytes)
      await expect(open({ file: 'catalogue/bad.json' })).rejects.toThrow(says)
    })
  }

  test('assets and pages on hosts that the source does not name', async () => {
    const assets = { visual: { href: 'https://elsewhere.example/x.tif' } }
    const made = { ...item('x', '2020-01-01', [0, 1]), assets }
    server.files.set('/elsewhere.json', { bytes: collectionOf([made]) })
    await expect(open(remote('/elsewhere.json'))).rejects.toMatchObject({
      code: 'stac-host',
      hint: expect.stringContaining('"hosts": ["elsewhere.example"]') as string,
    })
    await open({ ...remote('/elsewhere.json'), hosts: ['elsewhere.example'] }).then((s) =>
      s.close(),
    )
    const links = [{ rel: 'next', href: 'https://elsewhere.example/next' }]
    server.files.set('/next.json', { bytes: collectionOf([], links) })
    await expect(open(remote('/next.json'))).rejects.toMatchObject({ code: 'stac-host' })
    // Items of a server never lead to files of this machine.
    const file = {
      ...item('x', '2020-01-01', [0, 1]),
      assets: { visual: { href: 'file:///etc/x' } },
    }
    server.files.set('/file.json', { bytes: collectionOf([file]) })
    await expect(open(remote('/file.json'))).rejects.toMatchObject({ code: 'stac-host' })
    for (const href of ['/etc/x.tif', '../x.tif', 'cogs/../../x.tif']) {
      const outside = { ...item('x', '2020-01-01', [0, 1]), assets: { visual: { href } } }
      await writeFile(join(folder, 'catalogue/outside.json'), collectionOf([outside]))
      await expect(open({ file: 'catalogue/outside.json' })).rejects.toMatchObject({
        code: 'stac-host',
      })
    }
    const s3 = { ...item('x', '2020-01-01', [0, 1]), assets: { visual: { href: 's3://bucket/x' } } }
    await writeFile(join(folder, 'catalogue/s3.json'), collectionOf([s3]))
    await expect(open({ file: 'catalogue/s3.json' })).rejects.toMatchObject({ code: 'stac-host' })
  })

  test('a next page that can only be had in another way', async () => {
    const links = [{ rel: 'next', href: '/search', method: 'PATCH' }]
    server.files.set('/patch.json', { bytes: collectionOf(ITEMS, links) })
    await expect(open(remote('/patch.json'))).rejects.toThrow(/GET or POST.*got PATCH/)
  })
})

test('the key of assets is added to each, and to nothing else', async () => {
  const config = { ...remote(), keyEnv: 'A_KEY', assetQuery: 'token={key}' }
  const deps = imageryDeps(folder, { secrets: { A_KEY: 's e' } })
  const source = await createImagerySource(parseImageryConfig({ kind: 'stac', ...config }), deps)
  expect((await levelAt(source, -300))[0]).toBe(19)
  const asked = server.requests.map(({ url }) => url)
  expect(new Set(asked)).toEqual(
    new Set(['/items.json', '/collection.json', '/cogs/a.tif?token=s%20e']),
  )
  expect((await source.patch(placeAt(-300), SIZE, signal)).reference.items[0]).toContain('{key}')
  await source.close()
})

test('an item across the date line is found from both sides', async () => {
  const made = { ...item('wide', '2020-01-01', [0, 1]), geometry: null, bbox: [179, 50, -179, 53] }
  await writeFile(join(folder, 'catalogue/wide.json'), collectionOf([made]))
  const source = await open({ file: 'catalogue/wide.json' })
  for (const lon of [179.5, -179.5, 179.99995, -179.99995]) {
    expect(source.coversPatch!({ lon, lat: 51.87 }, SIZE)).toBe(true)
  }
  expect(source.coversPatch!({ lon: 178, lat: 51.87 }, SIZE)).toBe(false)
  await source.close()
})
