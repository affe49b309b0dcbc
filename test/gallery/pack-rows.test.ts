import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import type { PackRow } from '../../src/gallery/pack-columns.ts'
import { insertRegionRows, readRegionRows, type PackExtent } from '../../src/gallery/pack-rows.ts'
import { claimPoints, countPoints } from '../../src/gallery/points.ts'
import { findDatePolicy } from '../../src/gallery/refresh.ts'
import { findRegion, listRegions } from '../../src/gallery/regions.ts'
import { regionStats } from '../../src/gallery/stats.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { makeManifest, makeRows } from './packs.ts'
import {
  createRandom,
  draftRegion,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

async function readAll(db: Database, name: string, chunk = 7) {
  const chunks: (readonly PackRow[])[] = []
  let extent: PackExtent | null = null
  const begin = (found: PackExtent) => void (extent = found)
  const write = async (rows: readonly PackRow[]) => void chunks.push(rows)
  await readRegionRows(db, { name, chunk }, { begin, write })
  return { rows: chunks.flat().map(plain), chunks, extent: extent as PackExtent | null }
}

/** PostgreSQL's driver answers with Buffers. */
function plain({ embedding, ...row }: PackRow): PackRow {
  if (embedding === null) return { ...row, embedding }
  return { ...row, embedding: { ...embedding, patchSha256: new Uint8Array(embedding.patchSha256) } }
}

async function* inChunks(rows: readonly PackRow[], size: number) {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size)
}

describeOnEachDatabase('the rows of a region', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const { region } = makeManifest()
  const named = (name: string) => ({ ...region, name })

  test('leave in the order of their points, those without embedding too', async () => {
    const points = randomPoints(20, createRandom(3))
    const { id } = await insertRegion(db, draftRegion('mixed'))
    await insertPoints(db, id, points)
    const unavailable = [{ id: 4, reason: 'nodata' }]
    const embedded = points.filter((point) => ![4, 5, 19].includes(point.id)).reverse()
    await storeBatch(db, { regionId: id, modelSha256, worker: 'a', embedded, unavailable })
    await claimPoints(db, { regionId: id, count: 1, leaseS: 60, worker: 'a' })
    const { rows, chunks, extent } = await readAll(db, 'mixed')
    expect(rows.map((row) => row.id)).toEqual(points.map((point) => point.id))
    expect(chunks.map((chunk) => chunk.length)).toEqual([7, 7, 6])
    expect(extent).toMatchObject({ pointCount: 20, embeddingCount: 17 })
    expect(extent?.bbox?.[0]).toBe(Math.min(...points.map(({ lon }) => lon)))
    expect(rows[4]).toMatchObject({ state: 'unavailable', reason: 'nodata', embedding: null })
    expect(rows[5]).toMatchObject({ state: 'pending', reason: null, embedding: null })
  })

  test('arrive as they left', async () => {
    const rows = [...makeRows(0, 30), ...makeRows(30, 3, 'unavailable')]
    const { isBuilt } = await insertRegionRows(db, { region: named('a'), rows: inChunks(rows, 8) })
    expect(isBuilt).toBe(true)
    const found = await findRegion(db, 'a')
    const { vintages, refreshedAt, ...kept } = named('a')
    expect(found).toMatchObject({ ...kept, state: 'built' })
    expect(await findDatePolicy(db, found.id)).toEqual({ vintages, refreshedAt })
    expect((await readAll(db, 'a')).rows).toEqual(rows)
    expect(await countPoints(db, found.id)).toMatchObject({
      total: 33,
      embedded: 30,
      unavailable: { nodata: 3 },
    })
    expect((await regionStats(db, found.id)).embedded).toBe(30)
  })

  test('of a region that was not finished can be built on', async () => {
    const pending = makeRows(10, 2, 'unavailable').map((row): PackRow => ({
      ...row,
      state: 'pending',
      reason: null,
    }))
    const rows = inChunks([...makeRows(0, 10), ...pending], 100)
    expect(await insertRegionRows(db, { region: named('open'), rows })).toEqual({ isBuilt: false })
    const { id, state } = await findRegion(db, 'open')
    expect(state).toBe('created')
    const claimed = await claimPoints(db, { regionId: id, count: 9, leaseS: 60, worker: 'a' })
    expect(claimed.map((point) => point.id)).toEqual([10, 11])
  })

  test('with several dates per point arrive with all of them, each point once', async () => {
    const older = makeRows(0, 6).map((row): PackRow => ({
      ...row,
      embedding: { ...row.embedding!, vintage: '2001-02', capturedOn: '2001-02-01' },
    }))
    const rows = makeRows(0, 6).flatMap((row, i) => [older[i]!, row])
    await insertRegionRows(db, { region: named('dates'), rows: inChunks(rows, 5) })
    const { id } = await findRegion(db, 'dates')
    expect((await countPoints(db, id)).total).toBe(6)
    expect((await readAll(db, 'dates', 4)).rows).toEqual(rows)
    // Or a search would count both rows of a point.
    expect((await findDatePolicy(db, id)).refreshedAt).not.toBeNull()
  })

  test('arrive all or none', async () => {
    async function* broken() {
      yield makeRows(0, 10)
      throw new Error('the cable is gone')
    }
    await expect(insertRegionRows(db, { region: named('broken'), rows: broken() })).rejects.toThrow(
      'the cable is gone',
    )
    expect((await listRegions(db)).map(({ name }) => name)).not.toContain('broken')
    const twice = inChunks([...makeRows(0, 3), ...makeRows(1, 3)], 3)
    await expect(insertRegionRows(db, { region: named('twice'), rows: twice })).rejects.toThrow()
    expect((await listRegions(db)).map(({ name }) => name)).not.toContain('twice')
  })

  test('of a name that is taken are refused', async () => {
    const rows = inChunks(makeRows(0, 2), 2)
    await insertRegionRows(db, { region: named('taken'), rows })
    const again = inChunks(makeRows(0, 2), 2)
    await expect(
      insertRegionRows(db, { region: named('taken'), rows: again }),
    ).rejects.toMatchObject({ code: 'region-exists' })
  })
})
