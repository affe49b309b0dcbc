import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import type { Client, Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import { releasePoints, renewLeases, retryUnavailable } from '../../src/gallery/points.ts'
import { markRefreshing } from '../../src/gallery/refresh.ts'
import { deleteRegion } from '../../src/gallery/regions.ts'
import type { Region } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

const points = randomPoints(10, createRandom(8))
const ids = points.map(({ id }) => id)

/** What is done to several points of a region at once, and the state in which it finds them. */
interface Deed {
  readonly name: string
  readonly state: string
  readonly act: (db: Database, region: Region) => Promise<unknown>
}

const leased = "state = 'leased', worker = 'a', leased_until = now() + interval '1 minute'"

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
  {
    name: 'giving back',
    state: leased,
    act: (db, { id }) => releasePoints(db, { regionId: id, pointIds: ids, worker: 'a' }),
  },
  {
    name: 'storing, whatever came of each',
    state: leased,
    act: (db, { id }) =>
      storeBatch(db, {
        regionId: id,
        modelSha256,
        worker: 'a',
        embedded: points.slice(7),
        unavailable: [{ id: 6, reason: 'nodata' }],
        unchanged: [5],
        failed: [3, 4].map((failed) => ({ id: failed, waitS: 1, isCounted: true })),
      }),
  },
]

function createSignal() {
  let tell = () => {}
  const told = new Promise<void>((resolve) => (tell = resolve))
  return { told, tell: () => tell() }
}

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
      const isHeld = createSignal()
      const worker = db.transaction(async (client) => {
        const lock = (id: number) =>
          client.query('select id from points where region = $1 and id = $2 for update nowait', [
            region.id,
            id,
          ])
        await lock(3)
        isHeld.tell()
        await untilAwaited(client)
        expect(await lock(7)).toEqual([{ id: 7 }])
      })
      await Promise.race([isHeld.told, worker])
      await Promise.all([worker, act(db, region)])
    })
  }

  test('are not waited for by a renewal of leases, which renews the others', async (context) => {
    context.skip(db.kind === 'pglite', 'it has one connection: nobody waits for a lock')
    const { id } = await insertRegion(db, draftRegion('renewing'))
    await insertPoints(db, id, points)
    await db.withClient((client) =>
      client.query(`update points set ${leased} where region = $1`, [id]),
    )
    const lease = { regionId: id, pointIds: ids, worker: 'a', leaseS: 600 }
    const [isHeld, isRenewed] = [createSignal(), createSignal()]
    const other = db.transaction(async (client) => {
      await client.query('select from points where region = $1 and id in (3, 5) for update', [id])
      isHeld.tell()
      await isRenewed.told
    })
    await Promise.race([isHeld.told, other])
    await renewLeases(db, lease)
    isRenewed.tell()
    await other
    const renewed = await db.withClient((client) =>
      client.query<{ id: number }>(
        `select id from points
          where region = $1 and leased_until > now() + interval '5 minutes' order by id`,
        [id],
      ),
    )
    expect(renewed.map((row) => row.id)).toEqual([0, 1, 2, 4, 6, 7, 8, 9])
  })
})
