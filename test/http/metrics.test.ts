import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { startTileServer } from '../fixtures/tile-server.ts'
import { clientOf, gridRegion, openHarness, waitForBuild, type Harness } from './harness.ts'

describeOnEachDatabase('metrics', (_open, place) => {
  let http: Harness
  beforeAll(async () => {
    http = await openHarness(await place())
  })
  afterAll(() => http.close())

  /** Past what is kept of the counts for some seconds. */
  const renderNow = () => createMetrics(http.deps.outside).render()

  test('tell the points of a region by state, before and after its build', async () => {
    await http.post('/v1/regions', gridRegion('town', http.town))
    expect(await renderNow()).toMatch(/^whereabouts_points\{region="town",state="pending"\} [1-9]/m)
    expect(await renderNow()).toContain(
      'whereabouts_region_state{region="town",state="created",problem=""} 1',
    )
    await http.post('/v1/regions/town/build')
    const { points } = await waitForBuild(http, 'town')
    const built = await renderNow()
    expect(built).toContain(`whereabouts_points{region="town",state="embedded"} ${points.embedded}`)
    expect(built).not.toContain('state="pending"')
    expect(built).toContain('whereabouts_region_state{region="town",state="built",problem=""} 1')
  })

  test('count requests by route and status, never by what was in the path', async () => {
    const client = clientOf(createApp(http.deps))
    const uploaded = await client.upload(http.town.waterPhoto)
    const { id } = (await uploaded.json()) as { id: string }
    await client.get(`/v1/photos/${id}`)
    await client.get('/v1/regions/secret-place')
    await client.get('/no/such/path-of-a-stranger')
    const response = await client.get('/metrics')
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    const counted = (route: string, status: number) =>
      `whereabouts_http_request_seconds_count{method="GET",route="${route}",status="${status}"} 1`
    expect(text).toContain(counted('/v1/photos/:id', 200))
    expect(text).toContain(counted('/v1/regions/:name', 404))
    for (const hidden of [id, id.slice(0, 8), 'secret-place', 'stranger']) {
      expect(text).not.toContain(hidden)
    }
  })

  test('count what hosts of imagery answered, by host and without their keys', async () => {
    const server = await startTileServer()
    const host = new URL(server.url).host
    const imagery = { kind: 'xyz', url: `${server.url}?key=very-secret`, attribution: 'made' }
    const source = await http.world.openSource(parseImageryConfig({ ...imagery, maxZoom: 18 }))
    const { signal } = new AbortController()
    await source.patch({ lon: 9, lat: 47.2 }, { px: 64, gsd: 0.5 }, signal)
    await source.close()
    await server.close()
    const text = await renderNow()
    expect(text).toContain(
      `whereabouts_imagery_requests_total{host="${host}"} ${server.requests.length}`,
    )
    expect(text).toMatch(new RegExp(`imagery_bytes_total\\{host="${host}"\\} [1-9]`))
    expect(text).not.toContain('very-secret')
  })

  test('count the points at most every few seconds, however often they are asked for', async () => {
    let questions = 0
    const db = {
      ...http.world.db,
      withClient: <T>(...work: Parameters<typeof http.world.db.withClient<T>>) => {
        questions++
        return http.world.db.withClient<T>(...work)
      },
    }
    const metrics = createMetrics({ ...http.deps.outside, db })
    await metrics.render()
    await metrics.render()
    expect(questions).toBe(1)
  })
})
