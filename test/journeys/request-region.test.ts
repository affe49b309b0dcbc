import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AllowedSources } from '../../src/journeys/allowed-sources.ts'
import {
  requestRegion as request,
  type UncheckedRegion,
} from '../../src/journeys/request-region.ts'
import { readBoundaryRelation } from '../../src/roads/read-boundary.ts'

const { signal } = new AbortController()
const requestRegion = (wish: UncheckedRegion, sources: AllowedSources) =>
  request(wish, { allowed: sources, signal, readBoundaryRelation })

let root = ''
let allowed: AllowedSources

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'whereabouts-sources-')))
  await mkdir(join(root, 'open/inner'), { recursive: true })
  await mkdir(join(root, 'openly'))
  await mkdir(join(root, 'closed'))
  for (const file of ['open/a.tif', 'open/inner/b.tif', 'openly/c.tif', 'closed/secret.tif']) {
    await writeFile(join(root, file), '')
  }
  await symlink(join(root, 'closed/secret.tif'), join(root, 'open/link.tif'))
  await symlink(join(root, 'closed'), join(root, 'open/link-dir'))
  await symlink(join(root, 'open/a.tif'), join(root, 'open/inner/to-a.tif'))
  await symlink(join(root, 'open'), join(root, 'open-by-link'))
  allowed = {
    dirs: [join(root, 'open'), join(root, 'not-there'), join(root, 'open-by-link')],
    hosts: ['tiles.example.org', 'localhost:8081'],
    baseDir: root,
    realpath: (path) => realpath(path),
  }
})
afterAll(() => rm(root, { recursive: true }))

const geotiff = (file: string) =>
  requestRegion(
    {
      name: 'r',
      imagery: { kind: 'geotiff', files: [file] },
      sampling: { kind: 'grid', stepM: 10, whereImagery: true },
    },
    allowed,
  )
const xyz = (url: string, more: object = {}) =>
  requestRegion(
    {
      name: 'r',
      imagery: { kind: 'xyz', url, attribution: 'x', maxZoom: 18, ...more },
      sampling: { kind: 'grid', stepM: 10, whereImagery: false },
    },
    allowed,
  )

const good = [
  { file: 'open/a.tif', real: 'open/a.tif' },
  { file: 'open/inner/b.tif', real: 'open/inner/b.tif' },
  { file: 'open/inner/../a.tif', real: 'open/a.tif' },
  { file: 'open/inner/to-a.tif', real: 'open/a.tif' },
  { file: 'open-by-link/a.tif', real: 'open/a.tif' },
]
for (const { file, real } of good) {
  test(`${file} is allowed and read at its real place`, async () => {
    const { imagery } = await geotiff(join(root, file))
    expect(imagery).toMatchObject({ files: [join(root, real)] })
  })
}

const bad = [
  '/etc/passwd',
  'closed/secret.tif',
  'open/../closed/secret.tif',
  'open/link.tif',
  'open/link-dir/secret.tif',
  'openly/c.tif',
  'https://tiles.example.org/a.tif',
  '/vsicurl/http://127.0.0.1/a.tif',
]
for (const file of bad) {
  test(`${file} is forbidden, and the hint names the option`, async () => {
    await expect(geotiff(file)).rejects.toMatchObject({
      code: 'source-forbidden',
      hint: expect.stringContaining('--allow-dirs') as unknown,
    })
  })
}

test('outside the allowed folders a file that exists and one that does not answer alike', async () => {
  const messageOf = (file: string) =>
    geotiff(file).then(
      () => 'allowed',
      (error: Error) => error.message,
    )
  const missing = await messageOf('closed/nothing.tif')
  expect(missing.replace('nothing', 'secret')).toBe(await messageOf('closed/secret.tif'))
})

test('a missing file of an allowed folder is named', async () => {
  await expect(geotiff('open/none.tif')).rejects.toMatchObject({ code: 'source-missing' })
})

test('the extract and the table of patches are checked like imagery', async () => {
  const imagery = { kind: 'geotiff', files: ['open/a.tif'] }
  const roads = { kind: 'roads', extract: 'closed/x.osm.pbf', points: 1, seed: 1 } as const
  const patches = { kind: 'patches', file: 'closed/p.csv' }
  await expect(
    requestRegion({ name: 'r', imagery, sampling: roads }, allowed),
  ).rejects.toMatchObject({ code: 'source-forbidden' })
  await expect(
    requestRegion({ name: 'r', imagery: patches, sampling: { kind: 'patches' } }, allowed),
  ).rejects.toMatchObject({ code: 'source-forbidden' })
})

const hosts = [
  { url: 'https://tiles.example.org/{z}/{x}/{y}', isAllowed: true },
  { url: 'http://localhost:8081/{z}/{x}/{y}', isAllowed: true },
  { url: 'http://localhost/{z}/{x}/{y}', isAllowed: false },
  { url: 'http://127.0.0.1:8081/{z}/{x}/{y}', isAllowed: false },
  { url: 'http://169.254.169.254/{z}/{x}/{y}', isAllowed: false },
  { url: 'https://a.tiles.example.org/{z}/{x}/{y}', isAllowed: false },
  { url: 'https://tiles.example.org.evil.net/{z}/{x}/{y}', isAllowed: false },
  { url: 'https://{z}.example.org/{x}/{y}', isAllowed: false },
  { url: 'https://tiles.example.org/{switch:a,b}/{z}/{x}/{y}', isAllowed: true },
  { url: 'https://{switch:tiles.example.org,evil.net}/{z}/{x}/{y}', isAllowed: false },
]
for (const { url, isAllowed } of hosts) {
  test(`${url} is ${isAllowed ? 'allowed' : 'forbidden'}`, async () => {
    const asked = xyz(url)
    if (isAllowed) await expect(asked).resolves.toMatchObject({ imagery: { url } })
    else await expect(asked).rejects.toMatchObject({ code: 'source-forbidden' })
  })
}

for (const user of ['tiles.example.org@evil.net', 'user@tiles.example.org', 'a:b@localhost:8081']) {
  test(`${user} is no host of an address at all`, async () => {
    await expect(xyz(`https://${user}/{z}/{x}/{y}`)).rejects.toMatchObject({
      code: 'imagery-config',
      message: expect.not.stringContaining(user) as unknown,
    })
  })
}

const keys = [
  { keyEnv: 'WHEREABOUTS_IMAGERY_KEY', isAllowed: true },
  { keyEnv: 'WHEREABOUTS_IMAGERY_KEY_MAPS', isAllowed: true },
  { keyEnv: 'DATABASE_URL', isAllowed: false },
  { keyEnv: 'WHEREABOUTS_IMAGERY_KEYS', isAllowed: false },
]
for (const { keyEnv, isAllowed } of keys) {
  test(`the variable ${keyEnv} ${isAllowed ? 'may' : 'may not'} be sent to an imagery host`, async () => {
    const asked = xyz('https://tiles.example.org/{z}/{x}/{y}?k={key}', { keyEnv })
    if (isAllowed) await expect(asked).resolves.toMatchObject({ imagery: { keyEnv } })
    else await expect(asked).rejects.toMatchObject({ code: 'source-forbidden' })
  })
}

test('variables for headers are checked like those for keys', async () => {
  const headersEnv = { 'x-key': 'DATABASE_URL' }
  await expect(xyz('https://tiles.example.org/{z}/{x}/{y}', { headersEnv })).rejects.toMatchObject({
    code: 'source-forbidden',
  })
})

test('a bounding box becomes the boundary; without either there is none', async () => {
  const imagery = { kind: 'geotiff', files: ['open/a.tif'] }
  const sampling = { kind: 'grid', stepM: 10, whereImagery: true } as const
  const boxed = await requestRegion({ name: 'r', imagery, sampling, bbox: [1, 2, 3, 4] }, allowed)
  expect(boxed.boundary).toMatchObject({ type: 'Polygon' })
  expect((await requestRegion({ name: 'r', imagery, sampling }, allowed)).boundary).toBeNull()
})

test('files with a date are checked like those without, and keep it', async () => {
  const dated = (file: string) =>
    requestRegion(
      {
        name: 'r',
        imagery: { kind: 'geotiff', files: ['open/a.tif', { file, capturedOn: '2021' }] },
        sampling: { kind: 'grid', stepM: 10, whereImagery: true },
      },
      allowed,
    )
  expect((await dated('open/inner/to-a.tif')).imagery).toMatchObject({
    files: [join(root, 'open/a.tif'), { file: join(root, 'open/a.tif'), capturedOn: '2021' }],
  })
  await expect(dated('closed/secret.tif')).rejects.toMatchObject({ code: 'source-forbidden' })
})

const permitted = 'https://tiles.example.org/a'
const elsewhere = 'https://elsewhere.example/a'
const kinds = [
  {
    imagery: { kind: 'cog', urls: [permitted, { url: permitted, capturedOn: '2021' }] },
    isAllowed: true,
  },
  { imagery: { kind: 'cog', urls: [permitted, elsewhere] }, isAllowed: false },
  { imagery: { kind: 'cog', urls: [{ url: elsewhere, capturedOn: '2021' }] }, isAllowed: false },
  { imagery: { kind: 'pmtiles', url: permitted }, isAllowed: true },
  { imagery: { kind: 'pmtiles', url: elsewhere }, isAllowed: false },
  { imagery: { kind: 'pmtiles', file: 'closed/secret.tif' }, isAllowed: false },
  { imagery: { kind: 'mbtiles', file: 'closed/secret.tif' }, isAllowed: false },
  { imagery: { kind: 'stac', url: permitted, hosts: ['localhost:8081'] }, isAllowed: true },
  { imagery: { kind: 'stac', url: permitted, hosts: ['elsewhere.example'] }, isAllowed: false },
  { imagery: { kind: 'stac', file: 'closed/secret.tif' }, isAllowed: false },
  {
    imagery: { kind: 'stac', url: permitted, assetQuery: 'k={key}', keyEnv: 'HOME' },
    isAllowed: false,
  },
]
for (const { imagery, isAllowed } of kinds) {
  test(`${JSON.stringify(imagery)} is ${isAllowed ? 'allowed' : 'forbidden'}`, async () => {
    const request = requestRegion(
      {
        name: 'r',
        imagery: { ...imagery, attribution: 'x' },
        sampling: { kind: 'grid', stepM: 10, whereImagery: false },
      },
      allowed,
    )
    if (isAllowed) expect((await request).imagery).toMatchObject(imagery)
    else await expect(request).rejects.toMatchObject({ code: 'source-forbidden' })
  })
}
