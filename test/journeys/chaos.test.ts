import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCrashServer, runChaos } from './chaos.ts'

const hasServers = !['', '0'].includes(process.env['DATABASE_URL_TEST'] ?? '')
const KILLS = 3
/** What a worker holds at a time (`build-batches.ts`). */
const HELD_POINTS = 256

if (hasServers) {
  let server: Awaited<ReturnType<typeof openCrashServer>>
  beforeAll(async () => {
    server = await openCrashServer()
  })
  afterAll(() => server.close())

  test('a build by four processes, of which three are killed, while database and host crash and disks are full, equals an undisturbed one', async () => {
    const report = await runChaos(server, { seed: 7, side: 28, kills: KILLS })
    expect(report.state).toBe('built')
    expect(report.faults).toBeGreaterThan(0)
    expect(report.points).toBeGreaterThan(700)
    expect(report).toMatchObject({ rows: report.points, pointsWithOneRow: report.points })
    expect(report.computed - report.rows).toBeLessThanOrEqual(KILLS * HELD_POINTS)
    expect(report.digest).toBe(report.undisturbedDigest)
    expect(report.heatmap).toBe(report.undisturbedHeatmap)
  }, 180_000)
} else if (process.env['CI'] !== undefined && process.env['DATABASE_URL_TEST'] !== '0') {
  test('a build in chaos on PostgreSQL', () => {
    throw new Error('Expected DATABASE_URL_TEST in CI, got nothing: scripts/postgres.sh start')
  })
} else {
  test.skip('a build in chaos on PostgreSQL (set DATABASE_URL_TEST; scripts/postgres.sh start)', () => {})
}
