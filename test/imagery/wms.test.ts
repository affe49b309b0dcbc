import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { wms } from '../../src/imagery/kinds/wms.ts'
import { createWmsSource, getMapUrl } from '../../src/imagery/wms.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import {
  answerWms,
  CENTRE,
  startService,
  wmsException,
  type Answer,
  type MapService,
} from '../fixtures/map-services.ts'

const SIZE = { px: 64, gsd: 0.5 }
const TILE = { z: 1, x: 1, y: 0 }
const { signal } = new AbortController()

const config = (options: object = {}) =>
  wms.parse({
    kind: 'wms',
    url: 'https://maps.example/wms',
    layers: 'a,b c',
    attribution: 'A',
    maxZoom: 19,
    requestsPerSecond: 1000,
    ...options,
  })

describe('getMapUrl', () => {
  const LAT = 85.051128779807
  const cases = [
    { options: {}, asks: { CRS: 'EPSG:3857', BBOX: '0,0,20037508.342789,20037508.342789' } },
    { options: { version: '1.1.1' }, asks: { SRS: 'EPSG:3857', VERSION: '1.1.1' } },
    { options: { crs: 'EPSG:4326' }, asks: { CRS: 'EPSG:4326', BBOX: `0,0,${LAT},180` } },
    {
      options: { crs: 'EPSG:4326', version: '1.1.1' },
      asks: { SRS: 'EPSG:4326', BBOX: `0,0,180,${LAT}` },
    },
    { options: { crs: 'CRS:84' }, asks: { CRS: 'CRS:84', BBOX: `0,0,180,${LAT}` } },
    { options: { time: '2023', tileSizePx: 512 }, asks: { TIME: '2023', WIDTH: '512' } },
    { options: { format: 'image/png' }, asks: { FORMAT: 'image/png', TRANSPARENT: 'TRUE' } },
  ]
  for (const { options, asks } of cases) {
    test(`${JSON.stringify(options)} asks for ${JSON.stringify(asks)}`, () => {
      const { searchParams } = new URL(getMapUrl(config(options), TILE))
      expect(Object.fromEntries(searchParams)).toMatchObject(asks)
      expect(searchParams.get('LAYERS')).toBe('a,b c')
    })
  }

  test('keeps the parameters that the address has, and the place of the key', () => {
    const url = 'https://maps.example/cgi?map=/a.map&k={key}'
    expect(getMapUrl(config({ url, keyEnv: 'K' }), TILE)).toMatch(
      /cgi\?map=\/a\.map&k=\{key\}&SERVICE=WMS&/,
    )
  })
})

describe('a WMS', () => {
  let folder = ''
  let service: MapService
  let answer: (url: URL, count: number) => Answer | Promise<Answer>
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-wms-'))
    let count = 0
    service = await startService((url) => answer(url, count++))
  })
  afterEach(async () => {
    await service.close()
    await rm(folder, { recursive: true })
  })
  const patch = (options: object = {}) => {
    const url = `${service.origin}/wms?k={key}`
    const settings = config({ url, keyEnv: 'KEY', layers: 'ortho', ...options })
    const deps = imageryDeps(folder, { secrets: { KEY: '5ecret' } })
    return createWmsSource(settings, deps).patch(CENTRE, SIZE, signal)
  }

  test('that explains itself with status 200 is asked once, and its words are told', async () => {
    answer = () => wmsException('1.3.0', 'LayerNotDefined', 'layer for key 5ecret is not defined')
    const error = await patch({ layers: 'wrong' }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      name: 'UpstreamError',
      code: 'service-refused',
      message: expect.stringContaining('LayerNotDefined: layer for key {key} is not') as unknown,
    })
    const perTile = new Map<string, number>()
    for (const { url } of service.requests) perTile.set(url.href, (perTile.get(url.href) ?? 0) + 1)
    expect([...perTile.values()].every((count) => count === 1)).toBe(true)
  })

  test('that is in trouble for a moment is asked again', async () => {
    answer = (url, count) =>
      count === 0 ? wmsException('1.1.1', '', 'database is away') : answerWms(url)
    await patch()
    expect(service.requests.length).toBeGreaterThan(1)
  })

  test('gives the tiles of neighbouring patches once, also to another process', async () => {
    answer = answerWms
    await patch()
    const asked = service.requests.length
    const { reference } = await patch()
    expect(service.requests.length).toBe(asked)
    expect(reference).toMatchObject({ kind: 'wms', items: expect.any(Array) as unknown })
    expect(reference.items.length).toBe(asked)
  })
})
