import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { countPoints } from '../../src/gallery/points.ts'
import { openDatabase } from '../../src/gallery/open.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { nodeArguments } from '../fixtures/program.ts'
import { buildEmpty, type EmptyBuild } from './empty-build.ts'
import { createRandom, draftRegion, insertPoints, insertRegion, randomPoints } from './rows.ts'

const batchSize = 10
const points = randomPoints(200, createRandom(2))

/**
 * Builds in another process, which is killed the n-th time that it says a word;
 * @returns what ended it
 */
async function buildUntilKilled(build: EmptyBuild, killAt: { word: string; times: number }) {
  const args = [...nodeArguments('test/fixtures/gallery-worker.ts'), JSON.stringify(build)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text.split('\n').filter((word) => word === killAt.word).length
    if (seen >= killAt.times) child.kill('SIGKILL')
  })
  const [, killedBy] = (await once(child, 'exit')) as [number | null, string | null]
  return killedBy
}

describeOnEachDatabase('a build that is killed', (_open, place) => {
  test('goes on: no row is lost, none is there twice, one batch per kill is done again', async () => {
    const at = await place()
    const db = await openDatabase(at)
    const { id: regionId } = await insertRegion(db, draftRegion('killed'))
    await insertPoints(db, regionId, points)
    await db.close()

    const build = { place: at, regionId, batchSize }
    const kills = [
      { word: 'claimed', times: 2 },
      { word: 'storing', times: 4 },
    ]
    for (const kill of kills) {
      expect(await buildUntilKilled(build, kill)).toBe('SIGKILL')
    }
    // A server frees a dead worker's points when its lease of a second has run out.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await buildEmpty(build, () => undefined)

    const again = await openDatabase(at)
    try {
      expect(await countPoints(again, regionId)).toMatchObject({ embedded: points.length })
      const rows = await again.withClient((client) =>
        client.query<{ id: number; claims: number; rows: number }>(
          `select id, attempts as claims, count(point)::integer as rows
             from points left join embeddings on points.region = embeddings.region and id = point
            where points.region = $1 group by id, attempts order by id`,
          [regionId],
        ),
      )
      expect(rows.map(({ id }) => id)).toEqual(points.map(({ id }) => id))
      expect(rows.every((row) => row.rows === 1)).toBe(true)
      const claims = rows.reduce((sum, row) => sum + row.claims, 0)
      expect(claims - points.length).toBeGreaterThan(0)
      expect(claims - points.length).toBeLessThanOrEqual(kills.length * batchSize)
    } finally {
      await again.close()
    }
  }, 120_000)
})
