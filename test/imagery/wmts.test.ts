import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { wmts } from '../../src/imagery/kinds/wmts.ts'
import { createWmtsSource } from '../../src/imagery/wmts.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import {
  CENTRE,
  drawMercatorTile,
  mercatorMatrixSet,
  owsException,
  startService,
  wmtsCapabilities,
  type Answer,
  type MapService,
} from '../fixtures/map-services.ts'

const SIZE = { px: 64, gsd: 0.5 }
const { signal } = new AbortController()
const link = (limits = ''): string =>
  `<TileMatrixSetLink><TileMatrixSet>web</TileMatrixSet>${limits}</TileMatrixSetLink>`
const sets = [mercatorMatrixSet('web', [10, 19])]

/** What is answered first instead of the capabilities. */
const trouble: string[] = []
let folder = ''
let service: MapService
let layer: (origin: string) => string = () => link()
let tile: (url: URL) => Answer | Promise<Answer>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-wmts-'))
  layer = () => link()
  tile = async ({ searchParams }) => {
    const [z = 0, x = 0, y = 0] = ['TILEMATRIX', 'TILECOL', 'TILEROW'].map((name) =>
      Number(searchParams.get(name)),
    )
    return { type: 'image/png', body: await drawMercatorTile({ z, x, y }) }
  }
  service = await startService((url, origin) => {
    if (url.pathname !== '/c') return tile(url)
    const page = trouble.shift()
    if (page !== undefined) return { type: 'text/html', body: page }
    return wmtsCapabilities({ origin, sets, layer: layer(origin) })
  })
})
afterEach(async () => {
  await service.close()
  await rm(folder, { recursive: true })
})

function open(options: object = {}) {
  const config = wmts.parse({
    kind: 'wmts',
    url: `${service.origin}/c?apikey={key}`,
    keyEnv: 'KEY',
    layer: 'ortho',
    attribution: 'A',
    requestsPerSecond: 1000,
    ...options,
  })
  return createWmtsSource(config, imageryDeps(folder, { secrets: { KEY: '5ecret' } }))
}

async function listFiles(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
}

describe('a WMTS', () => {
  test('is asked for tiles with the key with which it was asked for its capabilities', async () => {
    const source = await open()
    await source.patch(CENTRE, SIZE, signal)
    const keys = service.requests.map(({ url }) => url.searchParams.get('apikey'))
    expect(keys.length).toBeGreaterThan(1)
    expect(new Set(keys)).toEqual(new Set(['5ecret']))
    await source.close()
  })

  test('that writes the key into its addresses does not bring it into errors', async () => {
    layer = (origin) => `${link()}<ResourceURL format="image/jpeg" resourceType="tile"
      template="${origin}/5ecret/{TileMatrix}/{TileRow}/{TileCol}"/>`
    tile = () => ({ status: 403, type: 'text/plain', body: 'no' })
    const source = await open()
    const error = await source.patch(CENTRE, SIZE, signal).catch((caught: unknown) => caught)
    expect(service.requests.at(-1)?.url.pathname).toMatch(/^\/5ecret\//)
    expect(String(error)).toMatch(/\/\{key\}\/.* → 403/)
    expect(JSON.stringify(error) + String(error)).not.toContain('5ecret')
  })

  test('that writes the key into its addresses does not bring it to the disk', async () => {
    layer = (origin) => `${link()}<ResourceURL format="image/png" resourceType="tile"
      template="${origin}/5ecret/{TileMatrix}/{TileRow}/{TileCol}?k=%35ecret"/>`
    await (await open()).close()
    const files = await listFiles()
    expect(files.length).toBe(1)
    for (const path of files) expect(await readFile(path, 'utf8')).not.toMatch(/(5|%35)ecret/)
    await (await open()).close()
    expect(service.requests.length).toBe(1)
  })

  test('whose capabilities an older version kept with the key does not bring it into errors', async () => {
    layer = (origin) => `${link()}<ResourceURL format="image/jpeg" resourceType="tile"
      template="${origin}/{key}/{TileMatrix}/{TileRow}/{TileCol}"/>`
    tile = () => ({ status: 403, type: 'text/plain', body: 'no' })
    await (await open()).close()
    const [path = ''] = await listFiles()
    const [head = '', ...lines] = (await readFile(path, 'utf8')).split('\n')
    const xml = lines.join('\n').replaceAll('{key}', '5ecret')
    const stored = { ...(JSON.parse(head) as object), byteCount: Buffer.byteLength(xml) }
    await writeFile(path, `${JSON.stringify(stored)}\n${xml}`)
    const source = await open()
    const error = await source.patch(CENTRE, SIZE, signal).catch((caught: unknown) => caught)
    expect(String(error)).toMatch(/\/\{key\}\/.* → 403/)
  })

  test('cannot send us to another host, unless the source names it', async () => {
    layer = () => `${link()}<ResourceURL format="image/jpeg" resourceType="tile"
      template="http://127.0.0.2:9/{TileMatrix}/{TileRow}/{TileCol}"/>`
    await expect(open()).rejects.toMatchObject({
      code: 'wmts-host',
      hint: expect.stringContaining('"hosts": ["127.0.0.2:9"]') as unknown,
    })
    await (await open({ hosts: ['127.0.0.2:9'] })).close()
  })

  test('is not asked for tiles that its capabilities exclude', async () => {
    layer = () =>
      link(`<TileMatrixSetLimits><TileMatrixLimits><TileMatrix>18</TileMatrix><MinTileRow>0</MinTileRow>
        <MaxTileRow>1</MaxTileRow><MinTileCol>0</MinTileCol><MaxTileCol>1</MaxTileCol></TileMatrixLimits></TileMatrixSetLimits>`)
    const source = await open()
    await expect(source.patch(CENTRE, SIZE, signal)).rejects.toMatchObject({ code: 'no-tile' })
    expect(service.requests.length).toBe(1)
  })

  test('that has no tile there says so with an exception', async () => {
    tile = () => owsException('TileOutOfRange', 'row 5')
    const source = await open()
    await expect(source.patch(CENTRE, SIZE, signal)).rejects.toMatchObject({
      name: 'BadDataError',
      code: 'no-tile',
    })
  })

  test('in trouble is asked for its capabilities again, and wrong ones are not kept', async () => {
    trouble.push('<h1>Busy', '<Capabilities/>')
    await expect(open()).rejects.toMatchObject({ code: 'wmts-capabilities' })
    await (await open()).close()
    expect(service.requests.length).toBe(3)
  })

  const nonsense = [
    { name: 'binary', body: '\u0000\u0001PK\u0003\uFFFD', got: /got \d+ bytes that are no XML/ },
    { name: 'words', body: 'It works!', got: /got 9 bytes that are no XML/ },
    { name: 'nothing', body: '', got: /got 0 bytes that are no XML/ },
    { name: 'other XML', body: '<a>Capabilities</a>', got: /got other text/ },
    {
      name: 'half of them',
      body: '<Capabilities><Contents><Layer>',
      got: /got other text|known layer/,
    },
  ]
  for (const { name, body, got } of nonsense) {
    test(`that answers with ${name} is refused at once, without a quotation`, async () => {
      trouble.push(body)
      const error: unknown = await open().catch((caught: unknown) => caught)
      expect(error).toMatchObject({
        name: 'InputError',
        message: expect.stringMatching(got) as string,
      })
      expect(String(error)).not.toMatch(/[\p{Cc}\uFFFD]|works/u)
      expect(service.requests.length).toBe(1)
    })
  }

  test('in trouble says so in words that can be read', async () => {
    trouble.push(...Array.from({ length: 5 }, () => '<h1>Busy\u0007\uFFFD now</h1>'))
    await expect(open()).rejects.toMatchObject({
      code: 'tiles-unavailable',
      message: expect.stringContaining('text instead of capabilities: "Busy now"') as string,
    })
  }, 30_000)

  test('whose tiles have no address that can be asked is refused', async () => {
    layer = () => `${link()}<ResourceURL format="image/jpeg" resourceType="tile"
      template="https://[{TileMatrix}"/>`
    await expect(open()).rejects.toMatchObject({ code: 'wmts-capabilities' })
  })

  for (const url of ['https://', 'http://?x', 'https://[1', 'https://a b/']) {
    test(`needs an address with a host, not "${url}"`, () => {
      const parsed = wmts.safeParse({ kind: 'wmts', url, layer: 'a', attribution: 'A' })
      expect(parsed.error?.issues[0]?.message).toContain('with a host')
    })
  }

  test('is asked for its capabilities once, also by another process', async () => {
    await (await open()).close()
    await (await open()).close()
    expect(service.requests.length).toBe(1)
  })
})
