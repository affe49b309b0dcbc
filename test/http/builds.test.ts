/** What can be asked of a build over HTTP: densely, several dates, again where imagery is newer. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestBuild, stopBuild } from '../../src/gallery/builds.ts'
import { findKnownVintages, markRefreshing } from '../../src/gallery/refresh.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  gridRegion,
  openHarness,
  waitForBuild,
  type Harness,
  type ProblemAnswer,
} from './harness.ts'
import { encodeOrtho, ROOF, WATER } from './town.ts'

interface Answer {
  readonly denseM: number | null
  readonly vintages: number
  readonly warnings?: string[]
}

describeOnEachDatabase('builds over HTTP', (_open, place) => {
  let http: Harness
  let newer: string

  beforeAll(async () => {
    http = await openHarness(await place())
    newer = join(http.folder, 'newer.tif')
    await writeFile(newer, encodeOrtho(ROOF, WATER))
  })
  afterAll(() => http.close())

  const create = async (name: string, more: { stepM?: number; dates?: string[] } = {}) => {
    const { stepM = 60, dates = ['2020-05-01'] } = more
    const files = dates.map((capturedOn, i) => ({
      file: i === 0 ? http.town.ortho : newer,
      capturedOn,
    }))
    const plain = gridRegion(name, http.town, stepM)
    const imagery = { ...plain.imagery, files }
    expect((await http.post('/v1/regions', { ...plain, imagery })).status).toBe(201)
    return imagery
  }
  const ask = async <T>(path: string, body?: unknown) => {
    const response = await http.post(path, body)
    return { status: response.status, answer: (await response.json()) as T }
  }
  const regionOf = async (name: string) =>
    (await (await http.get(`/v1/regions/${name}`)).json()) as { readonly summary: string }
  const datesOf = async (name: string) => {
    const { id } = await findRegion(http.world.db, name)
    const known = await findKnownVintages(http.world.db, id, [0])
    return known.get(0)?.map(({ capturedOn }) => capturedOn)
  }

  test('a dense one is built densely, says so, and keeps to it', async () => {
    await create('dense', { stepM: 16 })
    const { status, answer } = await ask<Answer>('/v1/regions/dense/build', { dense: true })
    expect(status).toBe(202)
    expect(answer).toMatchObject({ denseM: 16, warnings: [] })
    const built = await waitForBuild(http, 'dense')
    expect(built.points.embedded).toBe(built.points.total)
    const other = await ask<ProblemAnswer>('/v1/regions/dense/build', { dense: 8 })
    expect(other).toMatchObject({ status: 409, answer: { code: 'dense-mixed' } })
    const dated = await ask<ProblemAnswer>('/v1/regions/dense/build', { vintages: 2 })
    expect(dated).toMatchObject({ status: 409, answer: { code: 'dense-dates' } })
  })

  const refused = [
    { body: { dense: 'abc' }, status: 400, code: 'request-invalid' },
    { body: { dense: 12 }, status: 400, code: 'dense-spacing' },
    { body: { dense: 16, vintages: 2 }, status: 409, code: 'dense-dates' },
    { body: { vintages: 13 }, status: 400, code: 'request-invalid' },
    { body: { dens: 16 }, status: 400, code: 'request-invalid' },
  ]
  for (const { body, status, code } of refused) {
    test(`one that asks for ${JSON.stringify(body)} answers ${status}, and nothing begins`, async () => {
      const name = `refused-${refused.findIndex((one) => one.body === body)}`
      await create(name, { stepM: 16 })
      const asked = await ask<ProblemAnswer>(`/v1/regions/${name}/build`, body)
      expect(asked).toMatchObject({ status, answer: { code } })
      const region = (await (await http.get(`/v1/regions/${name}`)).json()) as unknown
      expect(region).toMatchObject({ state: 'created', build: null, denseM: null, vintages: 1 })
    })
  }

  test('a body that is not JSON is refused, not ignored', async () => {
    await create('form')
    const path = '/v1/regions/form/build'
    const response = await http.app.request(path, { method: 'POST', body: '{"dense":16}' })
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({
      code: 'media-type',
      hint: expect.stringContaining('Content-Type: application/json') as unknown,
    })
  })

  test('of several dates embeds so many of each place; asked for later, it says what that needs', async () => {
    await create('dates', { dates: ['2020-05-01', '2023-07'] })
    const first = await ask<Answer>('/v1/regions/dates/build', { vintages: 2 })
    expect(first.answer).toMatchObject({ vintages: 2, warnings: [] })
    await waitForBuild(http, 'dates')
    expect(await datesOf('dates')).toEqual(['2023-07', '2020-05-01'])
    const later = await ask<Answer>('/v1/regions/dates/build', { vintages: 3 })
    expect(later.answer.warnings).toEqual([
      expect.stringContaining('region refresh dates') as unknown,
    ])
    await waitForBuild(http, 'dates')
  })

  test('tries points again for a reason, and says so where no point has it', async () => {
    const far = { kind: 'geotiff', files: [http.town.ortho], attribution: 'x' }
    const sampling = { kind: 'grid', stepM: 60, whereImagery: false }
    const bbox = [8.997, 47.198, 9.01, 47.202]
    await http.post('/v1/regions', { name: 'holes', imagery: far, sampling, bbox })
    await http.post('/v1/regions/holes/build')
    await waitForBuild(http, 'holes')
    const path = '/v1/regions/holes/build'
    const slip = await ask<Answer>(path, { retry: ['nosuch'] })
    expect(slip).toMatchObject({
      status: 202,
      answer: { warnings: [expect.stringMatching(/"nosuch".*outside-imagery \(\d+\)/)] },
    })
    expect((await waitForBuild(http, 'holes')).build).toMatchObject({
      state: 'finished',
      pointsDone: 0,
    })
    const { status, answer } = await ask<Answer>(path, { retry: ['outside-imagery'] })
    expect([status, answer.warnings]).toEqual([202, []])
    const { build } = await waitForBuild(http, 'holes')
    expect(build?.pointsDone).toBeGreaterThan(5)
  })

  test('is told as being built by the answer that begins it, and before as to be begun over HTTP', async () => {
    await create('told')
    const { summary } = await regionOf('told')
    expect(summary).toBe('not begun: POST /v1/regions/told/build')
    const { answer } = await ask<{ summary: string }>('/v1/regions/told/build')
    expect(answer.summary).toBe('being built by this server')
    await waitForBuild(http, 'told')
  })

  test('where there is no imagery at all, a question is answered with the reason', async () => {
    const imagery = { kind: 'geotiff', files: [http.town.ortho], attribution: 'x' }
    const sampling = { kind: 'grid', stepM: 60, whereImagery: false }
    const bbox = [9.1, 47.2, 9.102, 47.202]
    await http.post('/v1/regions', { name: 'bare', imagery, sampling, bbox })
    await http.post('/v1/regions/bare/build')
    const { points } = await waitForBuild(http, 'bare')
    expect(points.embedded).toBe(0)
    const question = { region: 'bare', cells: 'square:50m', scene: 'harbor' }
    const asked = await ask<ProblemAnswer>('/v1/heatmaps', question)
    expect(asked).toMatchObject({ status: 409, answer: { code: 'region-without-imagery' } })
    expect(asked.answer.detail).toContain(`outside-imagery (${points.total})`)
  })

  test('a refresh embeds newer imagery beside the older, and is over when there is none', async () => {
    const imagery = await create('fresh')
    await http.post('/v1/regions/fresh/build')
    const { points } = await waitForBuild(http, 'fresh')
    const files = [...imagery.files, { file: newer, capturedOn: '2023-07' }]
    const path = '/v1/regions/fresh/refresh'
    const started = await ask<object>(path, { imagery: { ...imagery, files } })
    expect(started.status).toBe(202)
    expect(started.answer).toMatchObject({
      looked: points.total,
      waiting: points.total,
      uncovered: 0,
      region: { build: { state: 'running' } },
    })
    await waitForBuild(http, 'fresh')
    expect(await datesOf('fresh')).toEqual(['2023-07', '2020-05-01'])
    expect(await ask(path)).toMatchObject({ status: 200, answer: { waiting: 0 } })
  })

  test('a refresh that was cut short is built by the next one, though that finds nothing new', async () => {
    await create('cut')
    await http.post('/v1/regions/cut/build')
    const { points } = await waitForBuild(http, 'cut')
    const { id } = await findRegion(http.world.db, 'cut')
    expect((await regionOf('cut')).summary).toBe('built')
    await markRefreshing(http.world.db, id, [0, 1])
    expect((await regionOf('cut')).summary).toMatch(
      /^built, 2 points wait for newer imagery .*: POST \/v1\/regions\/cut\/build$/,
    )
    const again = await ask('/v1/regions/cut/refresh')
    expect(again).toMatchObject({ status: 202, answer: { waiting: 0 } })
    const built = await waitForBuild(http, 'cut')
    expect(built.points).toMatchObject({ embedded: points.total, pending: 0 })
  })

  test('a refresh is refused while the region is built elsewhere, and of sources that are not allowed', async () => {
    await create('kept')
    await http.post('/v1/regions/kept/build')
    await waitForBuild(http, 'kept')
    const path = '/v1/regions/kept/refresh'
    const imagery = { kind: 'geotiff', files: ['/etc/hostname'] }
    const forbidden = await ask<ProblemAnswer>(path, { imagery })
    expect(forbidden).toMatchObject({ status: 403, answer: { code: 'source-forbidden' } })
    const { id } = await findRegion(http.world.db, 'kept')
    await requestBuild(http.world.db, id)
    const busy = await ask<ProblemAnswer>(path)
    expect(busy).toMatchObject({ status: 409, answer: { code: 'region-building' } })
    await stopBuild(http.world.db, id)
    expect((await ask('/v1/regions/none/refresh')).status).toBe(404)
  })
})
