/** A region and its build, looked at while the build ends. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { Builds } from '../../src/http/builds.ts'
import { showRegion, showRegions } from '../../src/http/show-region.ts'
import { describeRegion, removeRegion } from '../../src/journeys/region-status.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { gridRegion, openHarness, waitForBuild, type Harness } from './harness.ts'

describeOnEachDatabase('a region that is shown', (_open, place) => {
  let http: Harness
  beforeAll(async () => {
    http = await openHarness(await place())
  })
  afterAll(() => http.close())

  const shown = {
    alone: async (deps: Parameters<typeof showRegion>[0], name: string) => showRegion(deps, name),
    'among all': async (deps: Parameters<typeof showRegion>[0], name: string) =>
      (await showRegions(deps)).find((region) => region.name === name)!,
  }
  for (const [how, show] of Object.entries(shown)) {
    test(`${how}, is never finished and still being built`, async () => {
      const name = how.replace(' ', '-')
      await http.post('/v1/regions', gridRegion(name, http.town))
      const { outside, log } = http.deps
      let open: () => void = () => undefined
      const gate = new Promise<void>((resolve) => (open = resolve))
      const openSource: typeof outside.openSource = async (imagery) => {
        await gate
        return outside.openSource(imagery)
      }
      const builds = new Builds({ ...outside, openSource }, log)
      builds.start((await describeRegion(outside, name)).region)
      while ((await showRegion({ outside, builds }, name)).state === 'created') await setTimeout(5)
      // The build ends when the first row has been read, before anything else is looked at.
      const { db } = outside
      const late: Database = {
        kind: db.kind,
        withClient: async (work) => {
          const rows = await db.withClient(work)
          open()
          while (builds.isRunning(name)) await setTimeout(5)
          return rows
        },
        transaction: (work) => db.transaction(work),
        snapshot: (work, settings) => db.snapshot(work, settings),
        close: () => db.close(),
      }
      const region = await show({ outside: { ...outside, db: late }, builds }, name)
      expect(region).toMatchObject({ state: 'building', build: { state: 'running' } })
      const after = await show({ outside, builds }, name)
      expect(after).toMatchObject({ state: 'built', build: { state: 'finished' } })
    })
  }

  test('that another process deleted and made anew does not show the build of the one before', async () => {
    await http.post('/v1/regions', gridRegion('anew', http.town))
    await http.post('/v1/regions/anew/build')
    expect((await waitForBuild(http, 'anew')).build).toMatchObject({ state: 'finished' })
    await removeRegion(http.deps.outside, 'anew')
    await http.post('/v1/regions', gridRegion('anew', http.town))
    for (const show of Object.values(shown)) {
      expect(await show(http.deps, 'anew')).toMatchObject({ state: 'created', build: null })
    }
  })

  test('alone, tells the levels that its files were stretched by; among all it does not', async () => {
    const { imagery, ...region } = gridRegion('stretched', http.town)
    const stretched = { ...imagery, stretch: 'percentile' }
    await http.post('/v1/regions', { ...region, imagery: stretched })
    const answer = (await (await http.get('/v1/regions/stretched')).json()) as {
      stretches: Record<string, [number, number][]>
    }
    expect(Object.keys(answer.stretches)).toEqual([http.town.ortho])
    const levels = answer.stretches[http.town.ortho] ?? []
    expect(levels.length).toBe(3)
    for (const [low, high] of levels) expect(low).toBeLessThan(high)
    const listed = (await showRegions(http.deps)).find(({ name }) => name === 'stretched')
    expect(listed).toMatchObject({ name: 'stretched' })
    expect(listed).not.toHaveProperty('stretches')
  })
})
