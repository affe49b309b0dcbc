import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import type { Client, Database } from '../../src/gallery/database.ts'
import { retryUnavailable } from '../../src/gallery/points.ts'
import { markRefreshing } from '../../src/gallery/refresh.ts'
import { deleteRegion } from '../../src/gallery/regions.ts'
import type { Region } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { createRandom, draftRegion, insertPoints, insertRegion, randomPoints } from './rows.ts'

const points = randomPoints(10, createRandom(8))
const ids = points.map(({ id }) => id)

/** What is done to several points of a region at once, and the state in which it finds them. */
interface Deed {
  readonly name: string
  readonly state: string
  readonly act: (db: Database, region: Region) => Promise<unknown>
}

const deeds: Deed[] = [
  { name: 'deleting', state: 'attempts = 1', act: (db, { name }) => deleteRegion(db, name) },
  {
    name: 'retrying',
    state: "state = 'unavailable', reason = 'nodata'",
    act: (db, { id }) => retryUnavailable(db, id),
  },
  {
    name: 'refreshing',
    state: "state = 'embedded'",
    act: (db, { id }) => markRefreshing(db, id, ids),
  },
]

/** Until somebody waits for a lock of this connection. */
async function untilAwaited(client: Client): Promise<void> {
  for (;;) {
    const waiting = await client.query(
      'select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))',
    )
    if (waiting.length > 0) return
    await sleep(5)
  }
}

describeOnEachDatabase('the locks of many points', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })

  for (const { name, state, act } of deeds) {
    test(`are taken in the order of ids by ${name}, so that it and workers cannot dead-lock`, async (context) => {
      context.skip(db.kind === 'pglite', 'it has one connection: nobody waits for a lock')
      const region = await insertRegion(db, draftRegion(name))
      // On disk the last comes first.
      await insertPoints(db, region.id, [...points].reverse())
      await db.withClient((client) =>
        client.query(`update points set ${state} where region = $1`, [region.id]),
      )
      let tell = () => {}
      const isHeld = new Promise<void>((resolve) => (tell = resolve))
      const worker = db.transaction(async (client) => {
        const lock = (id: number) =>
          client.query('select id from points where region = $1 and id = $2 for update nowait', [
            region.id,
            id,
          ])
        await lock(3)
        tell()
        await untilAwaited(client)
        expect(await lock(7)).toEqual([{ id: 7 }])
      })
      await Promise.race([isHeld, worker])
      await Promise.all([worker, act(db, region)])
    })
  }
})
