import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProjection } from '../../src/geo/projection.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { encodeTiff, placeTags } from '../fixtures/tiff.ts'

const EPSG = 32631
const CENTRE = { lon: 4.36, lat: 51.87 }
const { signal } = new AbortController()
/** Servers may write the second one back in other ways than it was sent. */
const KEYS = ['S3CRETKEY', 's3/c+r et']
const secrets = (key: string) => ({ A_KEY: key, A_HEADER: 'Bearer HEADERSECRET' })

interface Asked {
  readonly url: string
  readonly authorization: string | undefined
}
interface Site {
  readonly server: Server
  readonly origin: string
  readonly asked: Asked[]
}
/** Answers with what `answer` makes of a path with query; null: 403. */
async function startSite(answer: (url: string) => string | Buffer | null): Promise<Site> {
  const asked: Asked[] = []
  const server = createServer(({ url = '', headers }, response) => {
    asked.push({ url, authorization: headers.authorization })
    const body = answer(url)
    response.statusCode = body === null ? 403 : 200
    response.end(body ?? 'no')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const site = { server, origin: `http://127.0.0.1:${portOf(server)}`, asked }
  sites.push(site)
  return site
}
const portOf = (server: Server) => String((server.address() as AddressInfo).port)

/** Small enough to come whole, from a server without ranges. */
function picture(): Buffer {
  const [x, y] = createProjection(EPSG).forward(CENTRE)
  const tags = placeTags({ epsg: EPSG, corner: [x - 32, y + 32], pixelSize: 1 })
  const values = new Uint8Array(64 * 64 * 3).fill(19)
  return encodeTiff([{ width: 64, height: 64, values, samples: 3, tilePx: 64, tags }])
}
const item = (href: string, collection: string) => ({
  type: 'Feature',
  id: 'a',
  bbox: [4.35, 51.86, 4.37, 51.88],
  properties: { datetime: '2020-01-01T00:00:00Z' },
  assets: { visual: { href } },
  links: [{ rel: 'collection', href: collection }],
})
const pageOf = (items: object[], next?: string) =>
  JSON.stringify({
    type: 'FeatureCollection',
    features: items,
    links: next === undefined ? [] : [{ rel: 'next', href: next }],
  })
const credits = JSON.stringify({ providers: [{ name: 'Elsewhere' }] })

let folder = ''
const sites: Site[] = []
const open = (config: object, key = 'S3CRETKEY'): Promise<ImagerySource> => {
  const parsed = parseImageryConfig({ kind: 'stac', requestsPerSecond: 1000, ...config })
  return createImagerySource(parsed, imageryDeps(folder, { secrets: secrets(key) }))
}
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error,
  )

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-stac-secrets-'))
})
afterEach(async () => {
  for (const { server } of sites.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await rm(folder, { recursive: true })
})

test('a collection on a host that the source does not name is never asked, one that it names is', async () => {
  const other = await startSite(() => credits)
  const site = await startSite(() => pageOf([item('/a.tif', `${other.origin}/collection`)]))
  const config = { url: `${site.origin}/items`, headersEnv: { authorization: 'A_HEADER' } }
  const source = await open(config)
  expect(other.asked).toEqual([])
  expect(site.asked).toEqual([{ url: '/items', authorization: 'Bearer HEADERSECRET' }])
  await source.close()
  const named = await open({ ...config, hosts: [new URL(other.origin).host] })
  expect(named.attribution).toBe('Elsewhere')
  await named.close()
})

test('a collection that is no address at all leaves a source without its credits', async () => {
  const site = await startSite(() => pageOf([item('/a.tif', 'http://[')]))
  const source = await open({ url: `${site.origin}/items` })
  expect(source.attribution).toBe(`${site.origin}/items`)
  await source.close()
})

test('a collection outside the folder of the items is not read, one below is', async () => {
  await mkdir(join(folder, 'catalogue/below'), { recursive: true })
  await writeFile(join(folder, 'outside.json'), credits)
  await writeFile(join(folder, 'catalogue/below/inside.json'), credits)
  const attributed = async (link: string) => {
    await writeFile(join(folder, 'catalogue/items.json'), pageOf([item('./a.tif', link)]))
    const source = await open({ file: 'catalogue/items.json' })
    await source.close()
    return source.attribution
  }
  for (const link of ['../outside.json', join(folder, 'outside.json'), `file://${folder}/x`]) {
    expect(await attributed(link)).toBe('items.json')
  }
  expect(await attributed('below/inside.json')).toBe('Elsewhere')
})

test('a source without credits is named by its address without the query, or its file without the path', async () => {
  const page = pageOf([item('./a.tif', './none.json')])
  const site = await startSite((url) => (url.startsWith('/items') ? page : null))
  const source = await open({ url: `${site.origin}/items?apikey={key}&x=1#y`, keyEnv: 'A_KEY' })
  expect(source.attribution).toBe(`${site.origin}/items`)
  await source.close()
  await writeFile(join(folder, 'items.json'), page)
  const local = await open({ file: join(folder, 'items.json') })
  expect(local.attribution).toBe('items.json')
  await local.close()
})

/** How a server may write the key that it was asked with into its addresses. */
const ECHOES: { name: string; echo: (key: string) => string }[] = [
  { name: 'as it came', echo: encodeURIComponent },
  { name: 'as a form', echo: (key) => String(new URLSearchParams({ k: key })).slice(2) },
]
for (const key of KEYS) {
  for (const { name, echo } of ECHOES) {
    /** In the query and the path of the picture; `isLast` false: a next page, which is refused. */
    const startEcho = (isLast: boolean) =>
      startSite((url) => {
        if (url.includes('page=2')) return null
        if (url.includes('.tif')) return picture()
        const query = `apikey=${echo(key)}`
        const made = item(`/${encodeURIComponent(key)}/a.tif?${query}`, './none.json')
        // PHP writes slashes so.
        const text = pageOf([made], isLast ? undefined : `/items?${query}&page=2`)
        return text.replaceAll('/', '\\/')
      })
    const config = (site: Site) => ({ url: `${site.origin}/items?apikey={key}`, keyEnv: 'A_KEY' })
    const isTold = (text: string) =>
      [key, encodeURIComponent(key), echo(key)].some((spelling) => text.includes(spelling))

    test(`the key "${key}" that a server writes back ${name} goes to the server and into no reference`, async () => {
      const site = await startEcho(true)
      const source = await open(config(site), key)
      const { reference, image } = await source.patch(CENTRE, { px: 64, gsd: 0.5 }, signal)
      expect(image.data[0]).toBe(19)
      expect(reference.items).toEqual([`${site.origin}/{key}/a.tif?apikey={key}`])
      const written = encodeURIComponent(key)
      const asked = new Set(site.asked.map(({ url }) => url))
      expect(asked).toContain(`/${written}/a.tif?apikey=${written}`)
      expect(isTold(source.attribution)).toBe(false)
      await source.close()
    })

    test(`the key "${key}" that a server writes back ${name} is in no error`, async () => {
      const site = await startEcho(false)
      const error = await failureOf(open(config(site), key))
      expect(error).toMatchObject({ code: 'tiles-refused' })
      expect((error as Error).message).toContain('apikey={key}&page=2')
      expect(isTold(inspect(error, { depth: 9 }))).toBe(false)
      expect(site.asked.at(-1)?.url).toBe(`/items?apikey=${encodeURIComponent(key)}&page=2`)
    })
  }
}

test('the key is in no error about text that is not JSON', async () => {
  const site = await startSite((url) => url)
  const error = await failureOf(open({ url: `${site.origin}/?k={key}`, keyEnv: 'A_KEY' }))
  expect(error).toMatchObject({ code: 'stac-items' })
  expect(inspect(error, { depth: 9 })).not.toContain('S3CRET')
})

const SIGNED = '?x=1&se=2026-01-01&sp=r&sig=SIGNATURE%2B'

test('a signed picture is asked for with its signature, which stands in no reference', async () => {
  const page = pageOf([item(`./a.tif${SIGNED}`, './none.json')])
  const site = await startSite((url) => (url.includes('.tif') ? picture() : page))
  const source = await open({ url: `${site.origin}/items` })
  const { reference } = await source.patch(CENTRE, { px: 64, gsd: 0.5 }, signal)
  expect(reference.items).toEqual([`${site.origin}/a.tif?x=1`])
  expect(site.asked.map(({ url }) => url)).toContain(`/a.tif${SIGNED}`)
  await source.close()
})

/** What a site answers, by the beginning of the address; absent: 403. */
const UNUSABLE: { name: string; answers: Record<string, string> }[] = [
  {
    name: 'picture that is refused',
    answers: { '/items': pageOf([item(`./a.tif${SIGNED}`, '')]) },
  },
  {
    name: 'picture that is none',
    answers: { '/items': pageOf([item(`./a.tif${SIGNED}`, '')]), '/a.tif': 'none' },
  },
  { name: 'page that is refused', answers: { '/items': pageOf([], `/next${SIGNED}`) } },
  {
    name: 'page that is no JSON',
    answers: { '/items': pageOf([], `/next${SIGNED}`), '/next': 'no' },
  },
  {
    name: 'page without items',
    answers: { '/items': pageOf([], `/next${SIGNED}`), '/next': '{}' },
  },
]
for (const { name, answers } of UNUSABLE) {
  test(`the signature of a ${name} is in no error`, async () => {
    const site = await startSite((url) => answers[/^\/[\w.]+/.exec(url)?.[0] ?? ''] ?? null)
    const use = async () => {
      const source = await open({ url: `${site.origin}/items` })
      await source.patch(CENTRE, { px: 64, gsd: 0.5 }, signal).finally(() => source.close())
    }
    const error = await failureOf(use())
    expect((error as Error).message).toMatch(/\/(a\.tif|next)\?x=1/)
    expect(inspect(error, { depth: 9 })).not.toContain('SIGNATURE')
    expect(site.asked.at(-1)?.url).toContain('SIGNATURE')
  })
}

test('a server cannot say itself where the key is put', async () => {
  for (const place of ['{key}', '\\u007bkey}', '%7Bkey%7D', '{k\\ney}', '{k\\tey}']) {
    const text = pageOf([item('/@/a.tif?x=@', './none.json')]).replaceAll('@', place)
    const site = await startSite((url) => (url.includes('.tif') ? picture() : text))
    const source = await open({ url: `${site.origin}/items?apikey={key}`, keyEnv: 'A_KEY' })
    await source.patch(CENTRE, { px: 64, gsd: 0.5 }, signal)
    const asked = site.asked.map(({ url }) => url).filter((url) => url.includes('.tif'))
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.join()).not.toContain('S3CRETKEY')
    await source.close()
  }
})
