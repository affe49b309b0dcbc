/**
 * DuckDB and GeoPandas read our packs back: an independent view of places, vectors and metadata.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPack } from '../../src/gallery/pack-file.ts'
import { describeWithPython } from '../shared.ts'
import { makeManifest, makeRows, packBbox } from './packs.ts'

const script = fileURLToPath(new URL('../fixtures/read-pack.py', import.meta.url))

describeWithPython('DuckDB and GeoPandas on a pack', { timeout: 60_000 }, (python) => {
  const embedded = makeRows(0, 43)
  const rows = [...embedded, ...makeRows(43, 5, 'unavailable')]
  let folder: string
  let read: Record<string, unknown>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-duckdb-'))
    const path = join(folder, 'region.parquet')
    const pack = await createPack(path)
    await pack.write(rows.slice(0, 30))
    await pack.write(rows.slice(30))
    await pack.finish(makeManifest(), packBbox)
    const printed = execFileSync(python, [script, path], { encoding: 'utf8' })
    read = JSON.parse(printed) as typeof read
  }, 60_000)
  afterAll(() => rm(folder, { recursive: true }))

  test('they see every row, and 365 numbers in each embedding', () => {
    const dates = embedded.flatMap(({ embedding }) => embedding?.capturedOn ?? []).sort()
    expect(read['counts']).toEqual({
      rows: 48,
      points: 48,
      embeddings: 43,
      shortest: 365,
      longest: 365,
      reasons: 5,
      earliest: dates[0],
      latest: dates.at(-1),
    })
  })

  test('the columns have types that other programs know', () => {
    expect(read['types']).toMatchObject({
      geometry: expect.stringMatching(/^GEOMETRY/) as unknown,
      id: 'INTEGER',
      lon: 'DOUBLE',
      h3: 'BIGINT',
      captured_on: 'DATE',
      patch_sha256: 'BLOB',
      embedding: 'FLOAT[]',
    })
  })

  test('a row says what was written', () => {
    const [{ lon, lat, embedding } = rows[0]!] = rows
    if (embedding === null) throw new Error('the first row has an embedding')
    expect(read['first']).toEqual({
      id: 0,
      lon,
      lat,
      x: embedding.x,
      y: embedding.y,
      h3: embedding.h3.toString(16),
      embedding: [...embedding.logits],
      reference: embedding.reference,
      sha256: Buffer.from(embedding.patchSha256).toString('hex'),
    })
  })

  test('the metadata hold the manifest, and GeoParquet’s own', () => {
    expect(read['manifest']).toEqual(makeManifest())
    expect(read['geo']).toMatchObject({ version: '1.1.0', primary_column: 'geometry' })
  })

  test('GeoPandas puts every point where it is', () => {
    expect(read['geopandas']).toEqual({
      crs: 'OGC:CRS84',
      rows: 48,
      places: rows.map(({ lon, lat }) => [lon, lat]),
      length: 365,
    })
  })
})
