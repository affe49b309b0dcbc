/** What of a region is covered, and what the rest costs, over HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import sharp from 'sharp'
import { describeOnEachDatabase } from '../databases.ts'
import {
  gridRegion,
  openHarness,
  waitForBuild,
  type Harness,
  type ProblemAnswer,
} from './harness.ts'

describeOnEachDatabase('coverage over HTTP', (_open, place) => {
  let http: Harness

  beforeAll(async () => {
    http = await openHarness(await place())
    await http.post('/v1/regions', {
      name: 'town',
      imagery: {
        kind: 'geotiff',
        files: [http.town.ortho],
        attribution: '© made',
        licence: 'CC0',
      },
      sampling: { kind: 'grid', stepM: 60, whereImagery: false },
      bbox: [8.997, 47.198, 9.01, 47.202],
    })
  })
  afterAll(() => http.close())
  const path = '/v1/regions/town/coverage?cells=square:200m'

  test('an estimate tells what is left to build, and that nothing is when it is built', async () => {
    const before = await http.get('/v1/regions/town/estimate?sample=3')
    expect(before.status).toBe(200)
    const { points } = (await (await http.get('/v1/regions/town')).json()) as {
      points: { total: number }
    }
    const estimate = (await before.json()) as { areaKm2: number; patchesPerSecond: number }
    expect(estimate).toMatchObject({
      points: points.total,
      patchM: 112,
      requests: null,
      sample: { patches: 3 },
      terms: ['© made', 'CC0'],
    })
    expect(estimate.areaKm2).toBeCloseTo(0.438, 2)
    expect(estimate.patchesPerSecond).toBeGreaterThan(1)
    const elsewhere = await http.app.request('http://localhost/v1/regions/town/estimate?sample=3', {
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(elsewhere.status).toBe(403)
    await http.post('/v1/regions/town/build')
    await waitForBuild(http, 'town')
    const after = await http.get('/v1/regions/town/estimate')
    expect(after.status).toBe(409)
    expect((await after.json()) as ProblemAnswer).toMatchObject({ code: 'region-built' })
    expect((await http.get('/v1/regions/town/estimate?sample=101')).status).toBe(400)
    expect((await http.get('/v1/regions/none/estimate')).status).toBe(404)
  })

  test('an estimate of a dense build counts windows, and knows its spacings', async () => {
    await http.post('/v1/regions', gridRegion('grid', http.town, 16))
    const estimate = async (query: string) => {
      const response = await http.get(`/v1/regions/grid/estimate${query}`)
      const { windows, code } = (await response.json()) as { windows?: number; code?: string }
      return { status: response.status, windows, code }
    }
    expect(await estimate('')).toMatchObject({ status: 200, windows: null })
    const dense = await estimate('?dense=16')
    expect(dense).toMatchObject({ status: 200, windows: expect.any(Number) as unknown })
    expect(await estimate('?dense=true')).toEqual(dense)
    expect(await estimate('?dense=12')).toMatchObject({ status: 400, code: 'dense-spacing' })
    for (const unusable of ['', 'x', '0', '-16']) {
      const answer = await estimate(`?dense=${unusable}`)
      expect(answer).toMatchObject({ status: 400, code: 'request-invalid' })
    }
  })

  test('is told in short, and as the form that Accept names', async () => {
    const summary = (await (await http.get(path)).json()) as Record<string, number>
    expect(summary).toMatchObject({
      region: 'town',
      cells: 'square:200m',
      open: 0,
      unavailable: { 'outside-imagery': expect.any(Number) as unknown },
      attribution: '© made',
    })
    expect(summary['embedded']).toBeGreaterThan(5)
    const geojson = await http.get(path, { accept: 'application/geo+json' })
    expect(geojson.headers.get('content-type')).toBe('application/geo+json')
    const { features } = (await geojson.json()) as { features: object[] }
    expect(features.length).toBe(summary['cellCount'])
    const csv = await http.get(path, { accept: 'text/csv' })
    const lines = (await csv.text()).trimEnd().split('\r\n')
    expect(lines[0]).toBe('cell,lon,lat,points,embedded,open,outside-imagery')
    expect(lines.length).toBe(1 + features.length)
    const table = await (await http.get(path, { accept: 'text/plain' })).text()
    expect(table).toMatch(/^region "town": \d+ points in \d+ cells\nembedded/)
  })

  test('is a picture, also by the name of the format', async () => {
    const png = await http.get(`${path}&format=png`, { accept: 'text/html' })
    expect(png.headers.get('content-type')).toBe('image/png')
    const { width, format } = await sharp(Buffer.from(await png.arrayBuffer())).metadata()
    expect(format).toBe('png')
    expect(width).toBeGreaterThan(500)
  })

  test('has no other form, and knows its cells', async () => {
    const video = await http.get(path, { accept: 'video/mp4' })
    expect(video.status).toBe(406)
    expect((await video.json()) as ProblemAnswer).toMatchObject({ code: 'not-acceptable' })
    const cells = await http.get('/v1/regions/town/coverage?cells=hexes')
    expect(cells.status).toBe(400)
    expect((await cells.json()) as ProblemAnswer).toMatchObject({ code: 'cells-spec' })
    expect((await http.get('/v1/regions/none/coverage')).status).toBe(404)
  })
})
