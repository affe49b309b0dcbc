import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { clientOf, gridRegion, openHarness, type Harness, type ProblemAnswer } from './harness.ts'

describeOnEachDatabase('over HTTP', (_open, place) => {
  let http: Harness
  beforeAll(async () => {
    http = await openHarness(await place())
  })
  afterAll(() => http.close())

  test('a third region at a time is answered with 429 and when to come again', async () => {
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    let waiting = 0
    const outside = {
      ...http.deps.outside,
      openSource: async (imagery: Parameters<typeof http.deps.outside.openSource>[0]) => {
        waiting++
        await gate
        return http.deps.outside.openSource(imagery)
      },
    }
    const client = clientOf(createApp({ ...http.deps, outside }))
    const create = (name: string) => client.post('/v1/regions', gridRegion(name, http.town))
    const first = [create('one'), create('two')]
    while (waiting < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    const third = await create('three')
    expect(third.status).toBe(429)
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await third.json()) as ProblemAnswer).toMatchObject({ code: 'too-busy', status: 429 })
    open()
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([201, 201])
    expect((await create('three')).status).toBe(201)
  })

  test('a fifth photo at a time is answered with 429, and taken later', async () => {
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    let waiting = 0
    const outside = {
      ...http.deps.outside,
      encoder: async (view: Parameters<typeof http.deps.outside.encoder>[0]) => {
        waiting++
        await gate
        return http.deps.outside.encoder(view)
      },
    }
    const client = clientOf(createApp({ ...http.deps, outside }))
    const first = Array.from({ length: 4 }, () => client.upload(http.town.waterPhoto))
    while (waiting < 4) await new Promise((resolve) => setTimeout(resolve, 5))
    const fifth = await client.upload(http.town.roofPhoto)
    expect(fifth.status).toBe(429)
    expect((await fifth.json()) as ProblemAnswer).toMatchObject({ code: 'too-busy' })
    open()
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([201, 201, 201, 201])
    expect((await client.upload(http.town.roofPhoto)).status).toBe(201)
  })

  test('who asks for the head alone is counted, as it costs the same', async () => {
    const paths = Array.from({ length: 6 }, () => '/v1/regions/one/coverage')
    const answers = await Promise.all(
      paths.map(async (path) => http.app.request(path, { method: 'HEAD' })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429, 429])
  })

  test('a build is left to workers where there may be some, and stopped there', async () => {
    const asked = await http.post('/v1/regions/one/build?by=workers', { vintages: 2 })
    if (http.world.db.kind === 'pglite') {
      expect(asked.status).toBe(400)
      expect(await asked.json()).toMatchObject({ code: 'workers-need-server' })
      const kept = await http.get('/v1/regions/one')
      expect(await kept.json()).toMatchObject({ vintages: 1 })
      return
    }
    expect(asked.status).toBe(202)
    expect(await asked.json()).toMatchObject({ state: 'building', build: null, workers: [] })
    const stopped = await http.remove('/v1/regions/one/build')
    expect(stopped.status).toBe(200)
    expect(await stopped.json()).toMatchObject({ state: 'stopped', problem: null })
    expect((await http.remove('/v1/regions/one/build')).status).toBe(404)
  })
})
