/**
 * Where the items of a STAC source are found: below catalogues, and on pages that have to be
 * posted.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { HttpClient } from '../../src/imagery/http-client.ts'
import { stac } from '../../src/imagery/kinds/stac.ts'
import { loadCredits, loadStacItems } from '../../src/imagery/stac-load.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'

interface Asked {
  readonly method: string | undefined
  readonly url: string
  readonly type: string | undefined
  readonly body: string
}
type Answer = (asked: Asked) => object | undefined

let folder = ''
let server: Server
let origin = ''
let asked: Asked[] = []
let answer: Answer = () => undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-stac-load-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  asked = []
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method, url = '', headers } = request
      const body = Buffer.concat(parts).toString()
      const one = { method, url, type: headers['content-type'], body }
      asked.push(one)
      const found = answer(one)
      response.statusCode = found === undefined ? 404 : 200
      response.end(JSON.stringify(found ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const item = (id: string) => ({
  type: 'Feature',
  id,
  bbox: [4, 51, 5, 52],
  properties: { datetime: '2020-01-01T00:00:00Z' },
  assets: { visual: { href: `./${id}.tif` } },
  links: [{ rel: 'collection', href: './collection.json' }],
})
const catalogue = (links: Record<string, string[]>, more: object = {}) => ({
  type: 'Catalog',
  links: Object.entries(links).flatMap(([rel, hrefs]) => hrefs.map((href) => ({ rel, href }))),
  ...more,
})
const TREE: Record<string, object> = {
  'catalog.json': catalogue({
    root: ['./catalog.json'],
    child: ['./a/collection.json', './b/catalog.json'],
  }),
  'a/collection.json': catalogue(
    { parent: ['../catalog.json'], item: ['./1/1.json', './2/2.json'] },
    { type: 'Collection', providers: [{ name: 'Flyers' }], license: 'CC0' },
  ),
  'a/1/1.json': { ...item('1'), links: [{ rel: 'collection', href: '../collection.json' }] },
  'a/2/2.json': { ...item('2'), links: [{ rel: 'collection', href: '../collection.json' }] },
  // It names what was named before, and the one above: each is read once.
  'b/catalog.json': catalogue({
    child: ['../catalog.json', './empty.json'],
    item: ['../a/1/1.json', './3.json'],
  }),
  'b/empty.json': catalogue({}),
  'b/3.json': item('3'),
}
const load = async (options: object, signal?: AbortSignal) => {
  const config = stac.parse({ kind: 'stac', requestsPerSecond: 1000, ...options })
  const deps = imageryDeps(folder)
  const http = new HttpClient(config, deps)
  const access = { http, baseDir: folder, signal }
  try {
    const items = await loadStacItems(config, access)
    return { items, credits: await loadCredits(items, config, access) }
  } finally {
    http.close()
  }
}

describe('a static catalogue', () => {
  beforeAll(async () => {
    for (const [path, document] of Object.entries(TREE)) {
      await mkdir(join(folder, 'tree', dirname(path)), { recursive: true })
      await writeFile(join(folder, 'tree', path), JSON.stringify(document))
    }
  })

  test('behind HTTP is followed down to its items, each document once, assets beside their items', async () => {
    answer = ({ url }) => TREE[url.replace('/tree/', '')]
    const { items, credits } = await load({ url: `${origin}/tree/catalog.json` })
    expect(items.map(({ location }) => location.replace(origin, '')).sort()).toEqual([
      '/tree/a/1/1.tif',
      '/tree/a/2/2.tif',
      '/tree/b/3.tif',
    ])
    const documents = Object.keys(TREE).map((path) => `/tree/${path}`)
    const walked = asked.slice(0, documents.length).map(({ url }) => url)
    expect(walked.sort()).toEqual(documents.sort())
    expect(credits).toEqual(['CC0', 'Flyers'])
  })

  test('in files is followed within its folder, and no further', async () => {
    const { items, credits } = await load({ file: 'tree/catalog.json' })
    expect(items.map(({ location }) => location).sort()).toEqual([
      join(folder, 'tree/a/1/1.tif'),
      join(folder, 'tree/a/2/2.tif'),
      join(folder, 'tree/b/3.tif'),
    ])
    expect(credits).toEqual(['CC0', 'Flyers'])
    // Of the collection alone, its own folder is the limit.
    expect((await load({ file: 'tree/a/collection.json' })).items.length).toBe(2)
    await expect(load({ file: 'tree/b/catalog.json' })).rejects.toMatchObject({ code: 'stac-host' })
  })

  test('that leads to another host is not followed there', async () => {
    answer = () => catalogue({ child: ['https://elsewhere.example/catalog.json'] })
    await expect(load({ url: `${origin}/c` })).rejects.toMatchObject({ code: 'stac-host' })
  })

  test('over https stays there where it writes http links to itself: a key would go out in plain text', async () => {
    const wanted: string[] = []
    const http = {
      hide: (text: string) => text,
      get: ({ url }: { url: string }) => {
        wanted.push(url)
        const next = { rel: 'next', href: 'http://stac.example.org/page2' }
        const features = url.endsWith('page2')
          ? [{ ...item('/1'), assets: { visual: { href: 'http://stac.example.org/a.tif' } } }]
          : []
        const page = {
          type: 'FeatureCollection',
          features,
          links: features.length === 0 ? [next] : [],
        }
        const bytes = Buffer.from(JSON.stringify(page))
        return Promise.resolve({ status: 200, headers: new Headers(), bytes })
      },
    }
    const url = 'https://stac.example.org/items'
    const config = stac.parse({ kind: 'stac', url })
    const [found] = await loadStacItems(config, {
      http: http as unknown as HttpClient,
      baseDir: folder,
    })
    expect(wanted).toEqual([url, 'https://stac.example.org/page2'])
    expect(found?.location).toBe('https://stac.example.org/a.tif')
  })

  test('is left as soon as nobody wants it any more', async () => {
    const stop = new AbortController()
    const items = Array.from({ length: 500 }, (_, i) => `/item/${i}`)
    answer = ({ url }) => {
      if (url !== '/c') stop.abort(new Error('stopped'))
      return url === '/c' ? catalogue({ item: items }) : item(url)
    }
    await expect(load({ url: `${origin}/c` }, stop.signal)).rejects.toThrow('stopped')
    expect(asked.length).toBeLessThan(20)
  })

  test('without an end, in depth or in number, is refused', async () => {
    let count = 0
    answer = () => catalogue({ child: [`/${++count}`] })
    await expect(load({ url: `${origin}/0` })).rejects.toThrow(/at most 10 levels/)
    const many = Array.from({ length: 2001 }, (_, i) => `/item/${i}`)
    answer = () => catalogue({ item: many })
    await expect(load({ url: `${origin}/0` })).rejects.toThrow(/2000 documents/)
    expect(asked.length).toBeLessThan(20)
  })
})

describe('a search that is posted', () => {
  const SEARCH = { collections: ['ortho'], bbox: [4, 51, 5, 52] }
  const page = (id: string, next?: object) => ({
    type: 'FeatureCollection',
    features: [item(id)],
    links:
      next === undefined
        ? []
        : [{ rel: 'next', href: `${origin}/search`, method: 'POST', ...next }],
  })

  test('is followed with bodies that are whole, or say what is other than before', async () => {
    answer = ({ method, body }) => {
      if (method !== 'POST') return undefined
      const { token } = JSON.parse(body) as { token?: string }
      if (token === undefined) return page('1', { body: { token: 'two' }, merge: true })
      if (token === 'two') return page('2', { body: { ...SEARCH, token: 'three' } })
      return page('3')
    }
    const { items } = await load({ url: `${origin}/search`, search: SEARCH, attribution: 'A' })
    expect(items.map(({ id }) => id)).toEqual(['1', '2', '3'])
    const posted = asked.filter(({ method }) => method === 'POST')
    expect(posted.map(({ body }) => JSON.parse(body) as object)).toEqual([
      SEARCH,
      { ...SEARCH, token: 'two' },
      { ...SEARCH, token: 'three' },
    ])
    expect(new Set(posted.map(({ type }) => type))).toEqual(new Set(['application/json']))
  })

  test('may follow one that was asked with GET, and ends where it comes round', async () => {
    answer = ({ method }) => page(method === 'GET' ? '1' : '2', { body: { token: 'again' } })
    const { items } = await load({ url: `${origin}/search?collections=ortho` })
    expect(items.map(({ id }) => id)).toEqual(['1', '2'])
  })

  test('needs an address', () => {
    const parsed = stac.safeParse({ kind: 'stac', file: 'a.json', search: SEARCH })
    expect(parsed.error?.issues[0]?.path).toEqual(['search'])
  })
})
