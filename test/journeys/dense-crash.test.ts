/** A dense build in a process of its own that is killed, and goes on. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { resolveConfig } from '../../src/config.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { requestDense } from '../../src/journeys/request-dense.ts'
import { openWorld, type World } from '../../src/wire.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { nodeArguments } from '../fixtures/program.ts'
import { drawDensePlace, gridRequest } from './dense-place.ts'

const signal = new AbortController().signal
const quiet = { signal, onProgress: () => undefined }
const modelsDir = fileURLToPath(new URL('../../models/tiny/', import.meta.url))

/** Builds in another process, which dies of SIGKILL at its first stored batch. */
async function buildUntilKilled(options: object): Promise<string | null> {
  const builder = nodeArguments('test/fixtures/region-builder.ts')
  const args = [...builder, JSON.stringify(options), 'killed']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const [, killedBy] = (await once(child, 'exit')) as [number | null, string | null]
  return killedBy
}

/** Every row of a region, and how often its point was claimed. */
async function readRows(world: World, name: string) {
  const { id } = await findRegion(world.db, name)
  const rows = await world.db.withClient((client) =>
    client.query<{ id: number; attempts: number; sha256: string | null }>(
      `select id, attempts, encode(sha256(convert_to(concat_ws('/', reason, reference, logits,
              encode(patch_sha256, 'hex')), 'UTF8')), 'hex') as sha256
         from points left join embeddings on embeddings.region = points.region and point = id
        where points.region = $1 order by id`,
      [id],
    ),
  )
  const hash = createHash('sha256')
  for (const row of rows) hash.update(`${row.id} ${row.sha256}\n`)
  const attempts = rows.reduce((sum, row) => sum + row.attempts, 0)
  return { count: rows.length, attempts, digest: hash.digest('hex') }
}

describeOnEachDatabase('a dense build that is killed', (_open, place) => {
  test('goes on: no row is lost or there twice, all are those of an undisturbed build', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'whereabouts-dense-'))
    const at = await place()
    if ('dataDir' in at) await rename(at.dataDir, join(folder, 'database'))
    const options = {
      dataDir: folder,
      modelsDir,
      photoModel: 'photo',
      overheadModel: 'overhead',
      threads: '2',
      ...('url' in at && { databaseUrl: at.url }),
    }
    const open = () => openWorld(resolveConfig(options, {}), {})
    const world = await open()
    const file = await drawDensePlace(folder)
    for (const name of ['killed', 'undisturbed']) {
      await createRegion(world, gridRequest(name, file, 16), {
        signal,
        onWarning: () => undefined,
      })
      await requestDense(world, name, 16)
    }
    await buildRegion(world, 'undisturbed', quiet)
    await world.close()
    expect(await buildUntilKilled(options)).toBe('SIGKILL')

    const again = await open()
    // A server frees a dead worker's points when its lease has run out; here it has.
    await again.db.withClient((client) =>
      client.query(
        `update points set leased_until = now() - interval '1 second' where state = 'leased'`,
      ),
    )
    await buildRegion(again, 'killed', quiet)
    const [killed, undisturbed] = [
      await readRows(again, 'killed'),
      await readRows(again, 'undisturbed'),
    ]
    expect(killed).toMatchObject({ count: undisturbed.count, digest: undisturbed.digest })
    // Two claims of two windows were under way.
    expect(killed.attempts - undisturbed.attempts).toBeGreaterThan(0)
    expect(killed.attempts - undisturbed.attempts).toBeLessThanOrEqual(2 * 2 * 20 ** 2)
    await again.close()
    await rm(folder, { recursive: true, force: true })
  }, 180_000)
})
