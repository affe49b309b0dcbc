import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import { testImagerySource } from '../contract/imagery-source.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import {
  answerStaticMap,
  answerWms,
  CENTRE,
  drawMercatorTile,
  mercatorMatrixSet,
  RD_MATRIX_SET,
  startService,
  wmtsCapabilities,
  type Answer,
  type MapService,
} from '../fixtures/map-services.ts'
import { groundPatch, waves } from '../fixtures/rasters.ts'

const outside = { lon: 4.5, lat: 51.87 }
const truth = (px: number, gsd: number): Uint8Array => groundPatch(waves, px, gsd)
const named = { attribution: 'made for tests', capturedOn: '2024-05-06', requestsPerSecond: 1000 }

let folder = ''
let service: MapService
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-services-'))
  service = await startService(answer)
})
afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
})

async function answer(url: URL, origin: string): Promise<Answer> {
  if (url.pathname === '/wms') return answerWms(url)
  if (url.pathname === '/map') return answerStaticMap(url)
  if (url.pathname === '/capabilities') return capabilities(url.searchParams.has('rest'), origin)
  const rest = /^\/rest\/default\/current\/web\/(\d+)\/(\d+)\/(\d+)\.png$/.exec(url.pathname)
  const get = (name: string): number => Number(url.searchParams.get(name))
  const [z = 0, y = 0, x = 0] =
    rest?.slice(1).map(Number) ?? ['TILEMATRIX', 'TILEROW', 'TILECOL'].map(get)
  return { type: 'image/png', body: await drawMercatorTile({ z, x, y }) }
}

function capabilities(isRest: boolean, origin: string): Answer {
  const link = (name: string): string =>
    `<TileMatrixSetLink><TileMatrixSet>${name}</TileMatrixSet></TileMatrixSetLink>`
  const resource = `<Dimension><ows:Identifier>Time</ows:Identifier><Default>current</Default><Value>current</Value></Dimension>
    <ResourceURL format="image/png" resourceType="tile"
      template="${origin}/rest/{style}/{Time}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.png"/>`
  return wmtsCapabilities({
    origin,
    sets: [RD_MATRIX_SET, mercatorMatrixSet('web', [10, 19])],
    layer: link('EPSG:28992') + link('web') + (isRest ? resource : ''),
    formats: ['image/png'],
  })
}

const open = (source: object): Promise<ImagerySource> =>
  createImagerySource(parseImageryConfig({ ...named, ...source }), imageryDeps(folder))

const wms = () => ({ kind: 'wms', url: `${service.origin}/wms`, layers: 'ortho', maxZoom: 19 })
const wmts = (query: string) => ({
  kind: 'wmts',
  url: `${service.origin}/capabilities?${query}`,
  layer: 'ortho',
})
const staticMap = () => ({
  kind: 'static-map',
  url: `${service.origin}/map?at={lon},{lat}&zoom={zoom}&size={width}x{height}&scale={scale}`,
  maxZoom: 19,
  cropPx: 12,
})
const cases: { name: string; source: () => object }[] = [
  { name: 'wms 1.3.0 in EPSG:3857', source: wms },
  { name: 'wms 1.1.1 in EPSG:3857', source: () => ({ ...wms(), version: '1.1.1' }) },
  { name: 'wms 1.3.0 in EPSG:4326', source: () => ({ ...wms(), crs: 'EPSG:4326' }) },
  {
    name: 'wms 1.1.1 in EPSG:4326, 512 px',
    source: () => ({ ...wms(), crs: 'EPSG:4326', version: '1.1.1', tileSizePx: 512 }),
  },
  { name: 'wms 1.3.0 in CRS:84', source: () => ({ ...wms(), crs: 'CRS:84' }) },
  { name: 'wmts with parameters', source: () => wmts('kvp') },
  { name: 'wmts with addresses', source: () => wmts('rest') },
  { name: 'static-map', source: staticMap },
  { name: 'static-map at scale 2', source: () => ({ ...staticMap(), scale: 2, maxZoom: 18 }) },
]
for (const { name, source } of cases) {
  describe(name, () => {
    testImagerySource({
      open: () => open(source()),
      inside: CENTRE,
      outside,
      truth,
      tolerance: 2,
    })
  })
}
