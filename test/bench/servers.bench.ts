/**
 * One gallery on two PostgreSQL servers: `npm run bench:servers [points per region]`. Two regions
 * are scanned on the first server; then the partition of one moves to the second by postgres_fdw,
 * and the same questions are asked again. Needs BENCH_SERVER_A and BENCH_SERVER_B, servers with
 * pgvector, the first with postgres_fdw (`docs/scale.md`).
 */
import { deepStrictEqual } from 'node:assert'
import { cpus } from 'node:os'
import type { Database } from '../../src/gallery/database.ts'
import { vectorText } from '../../src/gallery/halfvec.ts'
import { migrate } from '../../src/gallery/migrate.ts'
import { openDatabase } from '../../src/gallery/open.ts'
import { packedSql } from '../../src/gallery/packed-best.ts'
import { aggregateDistancesByCell } from '../../src/gallery/search.ts'
import type { CellGrid, GalleryQuery } from '../../src/heatmap-types.ts'
import { createRandom, randomLogits } from '../gallery/rows.ts'
import { fillCountry } from './synthetic-country.ts'

const ROUNDS = 7
const DATABASE = 'whereabouts_bench_servers'
const count = Number(process.argv[2] ?? 200_000)
const vector = randomLogits(createRandom(1))
const query: GalleryQuery = { operator: 'l2', vector, scale: 1, offset: 0 }
const grid: CellGrid = { kind: 'h3', resolution: 5 }

function serverUrl(name: 'BENCH_SERVER_A' | 'BENCH_SERVER_B'): URL {
  const text = process.env[name]
  if (text === undefined) throw new Error(`Expected ${name}=postgresql://…, got nothing`)
  return new URL(text)
}

/** A new database with the gallery's schema. */
async function create(server: URL): Promise<Database> {
  const admin = await openDatabase({ url: server.href })
  await admin.withClient(async (client) => {
    await client.script(`drop database if exists ${DATABASE} with (force)`)
    await client.script(`create database ${DATABASE}`)
    // What a scan sets for itself does not reach the server behind the foreign table.
    await client.script(`alter database ${DATABASE} set enable_sort = off`)
    // Of two regions at once it would walk the primary key and sort 730-byte rows within each
    // region.
    await client.script(`alter database ${DATABASE} set enable_incremental_sort = off`)
    await client.script(`alter database ${DATABASE} set jit = off`)
    await client.script(`alter database ${DATABASE} set max_parallel_workers_per_gather = 0`)
    await client.script(`alter database ${DATABASE} set enable_partitionwise_aggregate = on`)
  })
  await admin.close()
  const url = new URL(server)
  url.pathname = `/${DATABASE}`
  const db = await openDatabase({ url: url.href })
  await migrate(db)
  return db
}

async function partitionOf(db: Database, regionId: number): Promise<string> {
  const [row] = await db.withClient((client) =>
    client.query<{ name: string }>(
      'select tableoid::regclass::text as name from embeddings where region = $1 limit 1',
      [regionId],
    ),
  )
  if (row === undefined) throw new Error(`Expected embeddings of region ${regionId}, got none`)
  return row.name
}

/**
 * Moves a partition. PostgreSQL allows no foreign partition under a primary key of the whole table,
 * so each partition gets its own: such a gallery is for reading, and builds write to the server
 * that holds the partition. Without `n_distinct` the planner takes every row for a cell of its own,
 * and fetches rows instead of cells.
 */
async function move(a: Database, partition: string, server: URL): Promise<void> {
  const [, remainder = ''] = /embeddings_(\d+)$/.exec(partition) ?? []
  const bounds = `for values with (modulus 32, remainder ${Number(remainder)})`
  const far = `${partition}_far`
  await a.withClient((client) =>
    client.script(`
      create extension if not exists postgres_fdw;
      create server far foreign data wrapper postgres_fdw options (
        host '${server.hostname}', port '${server.port}', dbname '${DATABASE}',
        extensions 'vector', async_capable 'true', fetch_size '10000', batch_size '1000');
      create user mapping for current_user server far options (user '${server.username}', password '${server.password}');
      alter table embeddings detach partition ${partition};
      alter table embeddings drop constraint embeddings_pkey;
      create foreign table ${far} partition of embeddings ${bounds}
        server far options (table_name '${partition}');
      alter foreign table ${far} alter column x set (n_distinct = 100);
      alter foreign table ${far} alter column y set (n_distinct = 100);
      alter foreign table ${far} alter column h3 set (n_distinct = 10000);
      insert into ${far} select * from ${partition};
      drop table ${partition};
      analyze ${far}`),
  )
}

interface Question {
  readonly name: string
  readonly ask: () => Promise<unknown>
}

function questions(db: Database, [east, west]: readonly [number, number]): Question[] {
  const heatmap = (regionId: number) => aggregateDistancesByCell(db, { regionId, query, grid })
  return [
    { name: 'heatmap of east', ask: () => heatmap(east) },
    { name: 'heatmap of west', ask: () => heatmap(west) },
    { name: 'both at once', ask: () => Promise.all([heatmap(east), heatmap(west)]) },
    { name: 'one query over both', ask: () => bothInOne(db, [east, west]) },
  ]
}

/** Grouped by region, the key of the partitions, so that each server can group its own. */
async function bothInOne(db: Database, regionIds: readonly number[]): Promise<unknown[]> {
  const rows = await db.withClient((client) =>
    client.query<{ region: number; cell: bigint }>(
      `select region, (h3 & $2::bigint) | $3::bigint as cell,
              min(${packedSql('distance', 'halfvec_l2_squared_distance(logits, $1::halfvec)', 'point')}) as best,
              count(*) as count
         from embeddings
        where region in (${regionIds.join(', ')})
        group by 1, 2`,
      [vectorText(vector), ~(15n << 52n), (5n << 52n) | ((1n << 30n) - 1n)],
    ),
  )
  return rows.sort((p, q) => p.region - q.region || (p.cell < q.cell ? -1 : 1))
}

interface Measured {
  readonly ms: number
  readonly answer: unknown
}

/** In turns; the first warms up, the least counts. */
async function measure(asked: readonly Question[]): Promise<Measured[]> {
  const results = asked.map((): Measured => ({ ms: Infinity, answer: null }))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, { ask }] of asked.entries()) {
      const startedAt = performance.now()
      const answer = await ask()
      const ms = performance.now() - startedAt
      if (round > 0 && ms < (results[i]?.ms ?? 0)) results[i] = { ms, answer }
    }
  }
  return results
}

const servers = [serverUrl('BENCH_SERVER_A'), serverUrl('BENCH_SERVER_B')] as const
const a = await create(servers[0])
const b = await create(servers[1])
try {
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? '?'}, Node ${process.version}`)
  const east = await fillCountry(a, 'east', count)
  let west = await fillCountry(a, 'west', count)
  // Regions are spread by a hash: another may lie in the same partition, which would move as well.
  while ((await partitionOf(a, west)) === (await partitionOf(a, east))) {
    west = await fillCountry(a, `west-${west}`, count)
  }
  const asked = questions(a, [east, west])
  const before = await measure(asked)
  await move(a, await partitionOf(a, west), servers[1])
  const after = await measure(asked)
  console.log('| question | one server, ms | two servers, ms | ratio |\n| --- | --- | --- | --- |')
  for (const [i, { name }] of asked.entries()) {
    const [one, two] = [before[i], after[i]] as [Measured, Measured]
    deepStrictEqual(two.answer, one.answer, `${name} differs`)
    const ratio = (two.ms / one.ms).toFixed(2)
    console.log(`| ${name} | ${one.ms.toFixed(0)} | ${two.ms.toFixed(0)} | ${ratio} |`)
  }
  console.log('all answers are the same')
} finally {
  await Promise.all([a.close(), b.close()])
}
