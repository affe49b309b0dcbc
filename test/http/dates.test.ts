import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnEachDatabase } from '../databases.ts'
import { gridRegion, openHarness, waitForBuild, type Harness } from './harness.ts'

describeOnEachDatabase('dates of imagery over HTTP', (_open, place) => {
  let http: Harness

  beforeAll(async () => {
    http = await openHarness(await place())
    const plain = gridRegion('town', http.town)
    const imagery = { ...plain.imagery, capturedOn: '2024-05-01' }
    await http.post('/v1/regions', { ...plain, imagery })
    await http.post('/v1/regions/town/build')
    await waitForBuild(http, 'town')
  })
  afterAll(() => http.close())

  const ask = async (body: object) => {
    const question = { region: 'town', cells: 'square:50m', scene: 'harbor', ...body }
    const response = await http.post('/v1/heatmaps', question)
    const answer = (await response.json()) as Record<string, unknown>
    return { status: response.status, answer }
  }

  test('a question that names them is another one, and is told what they leave out', async () => {
    const plain = await ask({})
    const dated = await ask({ imageryTo: '2024-05' })
    expect([plain.status, dated.status]).toEqual([201, 201])
    expect(dated.answer['id']).not.toBe(plain.answer['id'])
    expect(plain.answer).not.toHaveProperty('dates')
    expect(dated.answer).toMatchObject({
      cellCount: plain.answer['cellCount'],
      capturedBetween: ['2024-05-01', '2024-05-01'],
      dates: { from: null, to: '2024-05', leftOut: { otherDate: 0, undated: 0 } },
    })
    expect((await ask({ imageryTo: '2024-05' })).status).toBe(200)
  })

  test('a span without imagery is a problem that says which years there are', async () => {
    const { status, answer } = await ask({ imageryFrom: '2025' })
    expect(status).toBe(404)
    expect(answer).toMatchObject({
      code: 'imagery-of-dates',
      hint: expect.stringContaining('2024') as unknown,
    })
  })

  test('a date that is none is a problem of the request', async () => {
    const { status, answer } = await ask({ photoDate: 'yesterday' })
    expect(status).toBe(400)
    expect(answer).toMatchObject({ code: 'imagery-dates' })
  })
})
