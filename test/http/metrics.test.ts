import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openDatabase } from '../../src/gallery/open.ts'
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
    vi.stubEnv('METRICS_TEST_KEY', 'very-secret')
    const keyed = { url: `${server.url}?key={key}`, keyEnv: 'METRICS_TEST_KEY' }
    const imagery = { kind: 'xyz', ...keyed, attribution: 'made' }
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
    expect(server.requests.at(-1)?.path).toContain('very-secret')
    vi.unstubAllEnvs()
  })

  /**
   * The database, its questions counted; while it is away none is answered, as long as a hold lasts
   * each waits.
   */
  function watchDatabase() {
    const { db } = http.world
    const seen = { questions: 0, isAway: false, hold: Promise.resolve() }
    const withClient = async <T>(...work: Parameters<typeof db.withClient<T>>) => {
      seen.questions++
      await seen.hold
      // Nobody listens at port 1.
      if (seen.isAway) await openDatabase({ url: 'postgresql://nobody@127.0.0.1:1/none' })
      return db.withClient<T>(...work)
    }
    return { seen, db: { ...db, withClient } }
  }

  test('count the points anew after a quarter of a minute, not before', async () => {
    const { seen, db } = watchDatabase()
    let nowMs = Date.now()
    const metrics = createMetrics({ ...http.deps.outside, db, now: () => new Date(nowMs) })
    await metrics.render()
    nowMs += 14_999
    await metrics.render()
    expect(seen.questions).toBe(1)
    nowMs += 1
    await metrics.render()
    expect(seen.questions).toBe(2)
  })

  test('wait for a count that takes long instead of beginning a second one', async () => {
    const { seen, db } = watchDatabase()
    let nowMs = Date.now()
    const metrics = createMetrics({ ...http.deps.outside, db, now: () => new Date(nowMs) })
    let end = () => {}
    seen.hold = new Promise((resolve) => (end = resolve))
    const first = metrics.render()
    nowMs += 60_000
    const second = metrics.render()
    end()
    expect(await second).toBe(await first)
    expect(seen.questions).toBe(1)
  })

  test('do not wait for a database that hangs, and ask it again after ten minutes', async () => {
    const { seen, db } = watchDatabase()
    let nowMs = Date.now()
    const outside = { ...http.deps.outside, db, now: () => new Date(nowMs) }
    const metrics = createMetrics(outside, 20)
    seen.hold = new Promise(() => {})
    expect(await metrics.render()).toMatch(/^whereabouts_database_up 0$/m)
    seen.hold = Promise.resolve()
    nowMs += 599_999
    expect(await metrics.render()).toMatch(/^whereabouts_database_up 0$/m)
    nowMs += 1
    await expect.poll(() => metrics.render()).toMatch(/^whereabouts_database_up 1$/m)
    expect(seen.questions).toBe(2)
  })

  test('tell all but the points while the database is away, and that it is', async () => {
    const { seen, db } = watchDatabase()
    let nowMs = Date.now()
    const outside = { ...http.deps.outside, db, now: () => new Date(nowMs) }
    const client = clientOf(createApp({ ...http.deps, outside }))
    const read = async () => {
      nowMs += 15_000
      const response = await client.get('/metrics')
      return { status: response.status, text: await response.text() }
    }
    const up = await read()
    expect(up.text).toMatch(/^whereabouts_database_up 1$/m)
    expect(up.text).toMatch(/^whereabouts_points\{/m)
    seen.isAway = true
    const away = await read()
    expect(away.status).toBe(200)
    expect(away.text).toMatch(/^whereabouts_database_up 0$/m)
    expect(away.text).not.toMatch(/^whereabouts_(points|region_state)\{/m)
    expect(away.text).toMatch(/^whereabouts_http_request_seconds_count\{.*route="\/metrics".* 1$/m)
    expect(away.text).toContain('# TYPE whereabouts_imagery_requests_total counter')
    seen.isAway = false
    expect((await read()).text).toMatch(/^whereabouts_database_up 1$/m)
  })
})
