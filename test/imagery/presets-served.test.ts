/**
 * Every preset, asked over HTTP: its address, with another origin, of a server that answers as its
 * provider documents.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { expandPreset, PRESETS } from '../../src/imagery/presets.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { Patch } from '../../src/types.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import {
  answerStaticMap,
  answerWms,
  CENTRE,
  drawMercatorTile,
  mercatorMatrixSet,
  startService,
  wmtsCapabilities,
  type Answer,
  type MapService,
} from '../fixtures/map-services.ts'
import { difference } from '../fixtures/rasters.ts'

const OAM_IMAGE = '62d85d11d8499800053796c1/0/62d85d11d8499800053796c2'
const PARAMETERS: Record<string, string> = {
  release: '56102',
  date: '2023-12-07',
  year: '2023',
  image: OAM_IMAGE,
}
/** No address can hold it as it is. */
const KEY = 'k&y /1'
const SIZE = { px: 64, gsd: 0.5 }

const Z = '(?<z>\\d+)'
const X = '(?<x>\\d+)'
const Y = '(?<y>\\d+)'
const ESRI_BLANK = '\\?blankTile=false'

/** Paths of tiles with their queries, as each provider writes them. */
const TILES: Readonly<Record<string, string>> = {
  'esri-world-imagery': `/ArcGIS/rest/services/World_Imagery/MapServer/tile/${Z}/${Y}/${X}${ESRI_BLANK}`,
  'esri-wayback': `/arcgis/rest/services/World_Imagery/WMTS/1.0.0/default028mm/MapServer/tile/56102/${Z}/${Y}/${X}${ESRI_BLANK}`,
  'mapbox-satellite': `/v4/mapbox.satellite/${Z}/${X}/${Y}@2x.jpg90\\?access_token=k%26y%20%2F1`,
  'azure-maps-imagery': `/map/tile\\?api-version=2024-04-01&tilesetId=microsoft.imagery&zoom=${Z}&x=${X}&y=${Y}&tileSize=256`,
  'usgs-imagery-only': `/arcgis/rest/services/USGSImageryOnly/MapServer/tile/${Z}/${Y}/${X}${ESRI_BLANK}`,
  openaerialmap: `/${OAM_IMAGE}/${Z}/${X}/${Y}`,
  'sentinel2-cloudless': `/wmts/1.0.0/s2cloudless-2023_3857/default/g/${Z}/${Y}/${X}.jpg`,
  'swisstopo-swissimage': `/1.0.0/ch.swisstopo.swissimage/default/current/3857/${Z}/${X}/${Y}.jpeg`,
  'pdok-luchtfoto': `/hwh/luchtfotorgb/wmts/v1_0/Actueel_orthoHR/EPSG:3857/${Z}/${X}/${Y}.jpeg`,
  'ign-orthophotos': `/wmts\\?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=ORTHOIMAGERY.ORTHOPHOTOS&STYLE=default&FORMAT=image%2Fjpeg&TILEMATRIXSET=PM&TILEMATRIX=${Z}&TILEROW=${Y}&TILECOL=${X}`,
  plain: `/plain/${Z}/${X}/${Y}`,
}
const DOUBLE_TILES = /^\/(v4|plain512)\//

/** Addresses of map services and their layers. */
const WMS: Readonly<Record<string, string>> = {
  '/arcgis/services/USGSNAIPPlus/ImageServer/WMSServer': 'USGSNAIPPlus:NaturalColor',
  '/hwh/luchtfotorgb/wms/v1_0': '2023_orthoHR',
}
/**
 * Addresses of capabilities: the layer, its matrix set, and the addresses of its tiles; null: with
 * parameters.
 */
const WMTS: Readonly<Record<string, readonly [layer: string, set: string, tiles: string | null]>> =
  {
    '/EPSG/3857/1.0.0/WMTSCapabilities.xml': [
      'ch.swisstopo.swissimage',
      '3857',
      '/1.0.0/ch.swisstopo.swissimage/default/{Time}/3857/{TileMatrix}/{TileCol}/{TileRow}.jpeg',
    ],
    '/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetCapabilities': [
      'ORTHOIMAGERY.ORTHOPHOTOS',
      'PM',
      null,
    ],
    '/hwh/luchtfotorgb/wmts/v1_0?request=GetCapabilities&service=wmts': [
      'Actueel_orthoHR',
      'EPSG:3857',
      '/hwh/luchtfotorgb/wmts/v1_0/Actueel_orthoHR/EPSG:3857/{TileMatrix}/{TileCol}/{TileRow}.jpeg',
    ],
  }

let folder = ''
let service: MapService
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-presets-'))
  service = await startService(answer)
})
afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
})

async function answer(url: URL, origin: string): Promise<Answer> {
  const asked = url.pathname + url.search
  if (asked in WMTS) return capabilities(asked, origin)
  if (url.pathname in WMS && url.searchParams.get('LAYERS') === WMS[url.pathname]) {
    url.searchParams.set('LAYERS', 'ortho')
    return answerWms(url)
  }
  if (url.pathname === '/map' && url.searchParams.get('key') === KEY) return answerStaticMap(url)
  for (const pattern of Object.values(TILES)) {
    const found = new RegExp(`^${pattern.replaceAll('.', '\\.')}$`).exec(asked.replace('512/', '/'))
    if (found?.groups === undefined) continue
    const { z, x, y } = found.groups
    const tile = { z: Number(z), x: Number(x), y: Number(y) }
    return { type: 'image/png', body: await draw(tile, DOUBLE_TILES.test(asked) ? 512 : 256) }
  }
  return { status: 404, type: 'text/plain', body: 'no such address' }
}

function capabilities(asked: string, origin: string): Answer {
  const [layer, set, tiles] = WMTS[asked]!
  const time = `<Dimension><ows:Identifier>Time</ows:Identifier><Default>current</Default><Value>current</Value></Dimension>`
  const resource = `<ResourceURL format="image/jpeg" resourceType="tile" template="${origin}${tiles ?? ''}"/>`
  const links = `<TileMatrixSetLink><TileMatrixSet>${set}</TileMatrixSet></TileMatrixSetLink>`
  const { type, body } = wmtsCapabilities({
    origin,
    sets: [mercatorMatrixSet(set, [10, 21])],
    layer: links + (tiles === null ? '' : resource) + (tiles?.includes('{Time}') ? time : ''),
    formats: ['image/jpeg'],
  })
  const named = String(body).replace('>ortho<', `>${layer}<`).replace('/kvp?', '/wmts?')
  return { type, body: named }
}

const drawn = new Map<string, Promise<Buffer>>()

function draw(tile: { z: number; x: number; y: number }, side: number): Promise<Buffer> {
  const name = `${JSON.stringify(tile)} ${side}`
  const picture = drawn.get(name) ?? drawMercatorTile(tile, side)
  drawn.set(name, picture)
  return picture
}

async function cut(source: object, secrets: Record<string, string> = {}): Promise<Patch> {
  const config = parseImageryConfig(source)
  const opened = await createImagerySource(config, imageryDeps(folder, { secrets }))
  try {
    return await opened.patch(CENTRE, SIZE, new AbortController().signal)
  } finally {
    await opened.close()
  }
}

/** The preset, asked of the local server instead of its provider. */
function served(name: string): Readonly<Record<string, unknown>> {
  const { parameters = {}, isCoarse = false } = PRESETS.find((one) => one.name === name)!
  const values = Object.keys(parameters).map((key) => [key, PARAMETERS[key]])
  const allow = isCoarse ? { allowCoarse: true } : {}
  const source = expandPreset({
    kind: 'preset',
    name,
    ...(Object.fromEntries(values) as object),
    ...allow,
  })
  const url = String(source['url']).replace(/^https:\/\/[^/]+/, service.origin)
  return { ...source, url, requestsPerSecond: 1000 }
}

describe('a preset asks its provider as that documents', () => {
  for (const { name, source } of PRESETS) {
    const variables = [source.keyEnv ?? [], Object.values(source.headersEnv ?? {})].flat()
    const secrets = Object.fromEntries(variables.map((variable) => [variable, KEY]))

    test(`${name}: the ground comes at its place`, async () => {
      const { maxZoom, tileSizePx = 256 } = source as { maxZoom: number; tileSizePx?: number }
      const plain = tileSizePx === 512 ? 'plain512' : 'plain'
      const expected = await cut({
        kind: 'xyz',
        url: `${service.origin}/${plain}/{z}/{x}/{y}`,
        attribution: 'A',
        allowCoarse: true,
        maxZoom,
        tileSizePx,
      })
      const before = service.requests.length
      const { image, capturedOn } = await cut(served(name), secrets)
      // Boxes of a WMS are rounded.
      expect(difference(image.data, expected.image.data).max).toBeLessThanOrEqual(1)
      expect(new Set(image.data).size).toBeGreaterThan(20)
      expect(capturedOn).toBe(served(name)['capturedOn'] ?? null)
      const asked = service.requests.slice(before)
      expect(asked.length).toBeGreaterThan(0)
      for (const header of Object.keys(source.headersEnv ?? {})) {
        expect(asked.map(({ headers }) => headers[header])).toEqual(asked.map(() => KEY))
      }
    })

    if (variables.length === 0) continue
    test(`${name}: nobody is asked without its key`, async () => {
      const before = service.requests.length
      await expect(cut(served(name))).rejects.toMatchObject({ code: 'imagery-key' })
      expect(service.requests.length).toBe(before)
    })
  }

  test('a static map gets its key in the query, and gives the same ground', async () => {
    const url = `${service.origin}/map?at={lon},{lat}&zoom={zoom}&size={width}x{height}&scale={scale}&key={key}`
    const named = { attribution: 'A', maxZoom: 18, cropPx: 12 }
    const source = { ...named, kind: 'static-map', url, keyEnv: 'WHEREABOUTS_IMAGERY_KEY' }
    const { image } = await cut(source, { WHEREABOUTS_IMAGERY_KEY: KEY })
    const tiles = `${service.origin}/plain/{z}/{x}/{y}`
    const expected = await cut({ kind: 'xyz', url: tiles, attribution: 'A', maxZoom: 18 })
    expect(difference(image.data, expected.image.data).max).toBeLessThanOrEqual(3)
  })
})
