/**
 * A region out to a pack and in again: `npm run bench:pack`. PGlite always; PostgreSQL where
 * DATABASE_URL_TEST names a server. Sizes as arguments, by default 10⁵. Logits are random with the
 * spread of real ones.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../src/gallery/database.ts'
import { migrate } from '../../src/gallery/migrate.ts'
import { openDatabase } from '../../src/gallery/open.ts'
import { createPack, openPack } from '../../src/gallery/pack-file.ts'
import { insertRegionRows, readRegionRows } from '../../src/gallery/pack-rows.ts'
import { deleteRegion } from '../../src/gallery/regions.ts'
import { makeManifest, makeRows, packBbox } from '../gallery/packs.ts'

const chunk = 4096
const sizes = process.argv.slice(2).map(Number)
const folder = await mkdtemp(join(tmpdir(), 'whereabouts-bench-'))
const { signal } = new AbortController()

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const startedAt = performance.now()
  const result = await work()
  return { seconds: (performance.now() - startedAt) / 1000, result }
}

async function* synthetic(count: number) {
  for (let from = 0; from < count; from += chunk)
    yield makeRows(from, Math.min(chunk, count - from))
}

async function bench(db: Database, count: number): Promise<void> {
  const path = join(folder, `${count}.parquet`)
  const region = { ...makeManifest().region, name: 'bench' }
  await insertRegionRows(db, { region, rows: synthetic(count) })
  const written = await timed(async () => {
    const pack = await createPack(path)
    await readRegionRows(
      db,
      { name: 'bench', chunk },
      { begin: () => undefined, write: (rows) => pack.write(rows) },
    )
    await pack.finish(makeManifest(), packBbox)
  })
  await deleteRegion(db, 'bench')
  const checked = await timed(() => openPack(path, { signal }))
  const read = await timed(() => insertRegionRows(db, { region, rows: checked.result.rows() }))
  await checked.result.close()
  await deleteRegion(db, 'bench')
  const { size } = await stat(path)
  const rate = (seconds: number) => `${seconds.toFixed(1)} s, ${Math.round(count / seconds)} rows/s`
  console.log(
    `${db.kind} ${count} rows: ${(size / 1e6).toFixed(1)} MB, ${Math.round(size / count)} B/row; ` +
      `export ${rate(written.seconds)}; check ${checked.seconds.toFixed(1)} s; import ${rate(read.seconds)}; ` +
      `peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
  )
}

console.log(`${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}, Node ${process.version}`)
const url = process.env['DATABASE_URL_TEST'] ?? ''
// PGlite last: its memory is this process's, and the peak never falls.
const places = [...(url === '' ? [] : [{ url }]), { dataDir: join(folder, 'pglite') }]
for (const place of places) {
  const db = await openDatabase(place)
  await migrate(db)
  for (const count of sizes.length > 0 ? sizes : [100_000]) await bench(db, count)
  await db.close()
}
await rm(folder, { recursive: true })
