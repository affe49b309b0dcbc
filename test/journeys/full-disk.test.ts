/**
 * A disk that is full while a region is built: a small one in memory, filled for the test. Mounting
 * it needs root.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cp, mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { resolveConfig } from '../../src/config.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { searchScene } from '../../src/journeys/search-scene.ts'
import { openWorld, type World } from '../../src/wire.ts'
import { pgliteTemplate } from '../pglite-template.ts'
import { drawDensePlace, gridRequest } from './dense-place.ts'

const DISK = '96m'
/** Room for a few batches of 64 rows, each of 1 kB, and not for all. */
const ROOM_BYTES = 160_000

const folder = mkdtempSync(join(tmpdir(), 'whereabouts-full-'))
const refusal = mountRefusal()
if (refusal !== null) {
  process.stderr.write(`skipped, mounting a small disk was refused (root can): ${refusal}\n`)
}
afterAll(() => {
  if (refusal === null) execFileSync('umount', ['--lazy', folder])
  rmSync(folder, { recursive: true })
})

/** Mounts the disk; @returns why it could not */
function mountRefusal(): string | null {
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder]
    execFileSync('mount', options, { stdio: 'pipe' })
    return null
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error)
  }
}

const signal = new AbortController().signal
const ballast = join(folder, 'ballast')

/** Fills the disk but for a little. */
async function fill(): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  await writeFile(ballast, new Uint8Array(bavail * bsize - ROOM_BYTES))
}

async function readHeatmap(world: World, region: string) {
  const search = { expression: 'harbor', region, cells: 'square:50m', candidateCount: 3 }
  const { heatmap, candidates } = await searchScene(world, search)
  return { cells: heatmap.cells, candidates }
}

test.skipIf(refusal !== null)(
  'a build on a full disk waits, and when there is room it ends as if nothing had been',
  async () => {
    await mkdir(join(folder, 'data'))
    await cp(await pgliteTemplate(), join(folder, 'data/database'), { recursive: true })
    const world = await openWorld(
      resolveConfig(
        {
          dataDir: join(folder, 'data'),
          modelsDir: fileURLToPath(new URL('../../models/tiny/', import.meta.url)),
          photoModel: 'photo',
          overheadModel: 'overhead',
          threads: '1',
        },
        {},
      ),
      {},
      { isBrief: true },
    )
    const file = await drawDensePlace(folder)
    for (const name of ['undisturbed', 'held-up']) {
      const options = { signal, onWarning: () => undefined }
      await createRegion(world, gridRequest(name, file, 20), options)
    }
    await buildRegion(world, 'undisturbed', { signal, onProgress: () => undefined })

    // The log of transactions has its room beforehand: where it lacks that, the database itself
    // fails.
    for (const sql of ['select pg_switch_wal()', 'checkpoint'])
      await world.db.withClient((client) => client.query(sql))
    await fill()
    const problems: string[] = []
    let stored = 0
    const counts = await buildRegion(world, 'held-up', {
      signal,
      wait: { firstMs: 50, mostMs: 500 },
      // What was held cannot be given back without room: it waits for the end of its lease.
      leaseS: 3,
      onProgress: ({ problem, counts: now }) => {
        if (problem === null) return
        problems.push(problem.code)
        stored = now.embedded
        if (problems.length === 2) void rm(ballast)
      },
    })
    expect(new Set(problems)).toEqual(new Set(['database-full']))
    expect(problems.length).toBeGreaterThan(1)
    expect(stored).toBeLessThan(counts.embedded)
    const { id } = await findRegion(world.db, 'held-up')
    const rows = await world.db.withClient((client) =>
      client.query<{ rows: number; points: number }>(
        `select count(*)::int as rows, count(distinct point)::int as points from embeddings where region = $1`,
        [id],
      ),
    )
    expect(rows).toEqual([{ rows: counts.embedded, points: counts.embedded }])
    expect(counts).toMatchObject({ pending: 0, leased: 0 })
    expect(await readHeatmap(world, 'held-up')).toEqual(await readHeatmap(world, 'undisturbed'))
    await world.close()
  },
  120_000,
)
