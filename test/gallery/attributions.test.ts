import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { addAttributionOn, nameSourcesOn } from '../../src/gallery/attributions.ts'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import { migrate } from '../../src/gallery/migrate.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  findAttributions,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

describeOnEachDatabase('attributions', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const points = randomPoints(4, createRandom(3))
  const insert = async (name: string, attributions?: readonly string[]) => {
    const draft = { ...draftRegion(name), ...(attributions && { attributions }) }
    const { id } = await insertRegion(db, draft)
    await insertPoints(db, id, points)
    return id
  }
  /** Rows of a source, one for each of some points. */
  const store = (regionId: number, source: number, ids: readonly number[]) =>
    storeBatch(db, {
      regionId,
      modelSha256,
      worker: 'test',
      source,
      embedded: points.filter(({ id }) => ids.includes(id)),
      unavailable: [],
    })
  const add = (id: number, attribution: string) =>
    db.transaction((client) => addAttributionOn(client, id, attribution))
  const nameOf = async (name: string) => {
    const { id } = await findRegion(db, name)
    await db.transaction((client) => nameSourcesOn(client, id))
    return (await findRegion(db, name)).attribution
  }

  test('begin with that of the region, and one that stays the same is one', async () => {
    const id = await insert('begun')
    await add(id, '© nobody')
    expect(await findAttributions(db, id)).toEqual(['© nobody'])
    await add(id, '© B')
    await add(id, '© B')
    await add(id, '© nobody')
    expect(await findAttributions(db, id)).toEqual(['© nobody', '© B', '© nobody'])
  })

  test('of sources without rows are not named, but for the present one', async () => {
    const id = await insert('used', ['© A', '© B', '© C', '© D'])
    expect(await nameOf('used')).toBe('© D')
    await store(id, 0, [0])
    await store(id, 2, [1, 2])
    expect(await nameOf('used')).toBe('© D; © C; © A')
  })

  test('that name several, as of regions from before, are named each once', async () => {
    const id = await insert('mixed', ['© B; © A', '© B'])
    await store(id, 0, [0])
    expect(await nameOf('mixed')).toBe('© B; © A')
  })

  test('change the version of a region, which heatmaps are kept by, only where they change', async () => {
    const id = await insert('version', ['© A', '© B'])
    const version = async () => {
      const [row] = await db.withClient((client) =>
        client.query<{ version: bigint }>('select version from regions where id = $1', [id]),
      )
      return row?.version
    }
    const before = await version()
    await nameOf('version')
    const changed = await version()
    expect(changed).not.toBe(before)
    await nameOf('version')
    expect(await version()).toBe(changed)
  })

  test('of regions of a database from before are the one that they had', async () => {
    const id = await insert('before')
    await db.withClient((client) =>
      client.script(`
        alter table regions drop column attributions;
        delete from migrations where name >= '0006'`),
    )
    const applied = await migrate(db)
    expect(applied.slice(0, 2)).toEqual([
      '0006_attribution_of_each_source.sql',
      '0007_no_region_without_attributions.sql',
    ])
    expect(await findAttributions(db, id)).toEqual(['© nobody'])
  })

  test('are not lost where an older program made a region, or refreshed it from another source', async () => {
    const ids = [await insert('made'), await insert('refreshed'), await insert('kept', ['© A'])]
    await db.withClient((client) =>
      client.script(`
        alter table regions drop constraint regions_attributions_check;
        update regions set attributions = '[]' where name = 'made';
        update regions set attribution = '© New; © nobody' where name = 'refreshed';
        update regions set attribution = '© A; © Former' where name = 'kept';
        delete from migrations where name >= '0007'`),
    )
    expect(await migrate(db)).toContain('0007_no_region_without_attributions.sql')
    const found = await Promise.all(ids.map((id) => findAttributions(db, id)))
    expect(found).toEqual([['© nobody'], ['© nobody', '© New; © nobody'], ['© A']])
    expect(await nameOf('made')).toBe('© nobody')
    await store(ids[1]!, 0, [0])
    expect(await nameOf('refreshed')).toBe('© New; © nobody')
  })

  test('keep programs out that do not know of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'whereabouts-older-'))
    const ours = new URL('../../migrations/', import.meta.url)
    for (const name of (await readdir(ours)).filter((file) => file < '0006')) {
      await copyFile(new URL(name, ours), join(folder, name))
    }
    await expect(migrate(db, pathToFileURL(`${folder}/`))).rejects.toMatchObject({
      code: 'database-too-new',
    })
    await rm(folder, { recursive: true })
  })

  test('are never none: a program that names none writes no region', async () => {
    await expect(insert('none', [])).rejects.toMatchObject({ code: '23514' })
    const older = db.withClient((client) =>
      client.query(
        `insert into regions (name, boundary, centre_lon, centre_lat, sampling, imagery,
                              attribution, model_name, model_sha256, gsd)
         values ('older', '{}', 0, 0, '{}', '{}', '', 'm', $1, 1)`,
        [modelSha256],
      ),
    )
    await expect(older).rejects.toMatchObject({ code: '23502' })
  })

  test('that a foreign pack makes rows refer to, and that are not there, are left out', async () => {
    const id = await insert('foreign', ['© A', '© B'])
    await store(id, 0, [0, 1, 2, 3])
    for (const [point, source] of ['7', '"x"', '1e300', '{}'].entries()) {
      await db.withClient((client) =>
        client.query(
          `update embeddings set reference = reference || jsonb_build_object('source', $3::jsonb)
            where region = $1 and point = $2`,
          [id, point, source],
        ),
      )
    }
    expect(await nameOf('foreign')).toBe('© B')
  })
})
