/** The table `regions`: what is searched and how it was built. */
import { InputError, NotFoundError } from '../errors.ts'
import type { Region, RoadPoint, Stretches } from '../types.ts'
import type { Client, Database } from './database.ts'
import { insertPointsOn } from './points.ts'
import { insertStretchesOn } from './stretches.ts'

/**
 * A region before the database has numbered it, and what was measured on the files of its source.
 */
export interface RegionDraft extends Omit<
  Region,
  'id' | 'runtime' | 'state' | 'problem' | 'createdAt'
> {
  readonly stretches?: Stretches
  /** Of each source that it had, in turn; absent: it had one. */
  readonly attributions?: readonly string[]
}

interface RegionRow extends Omit<Region, 'centre' | 'model'> {
  readonly lon: number
  readonly lat: number
  readonly modelName: string
  readonly modelSha256: string
}

const columns = `
  id, name, boundary, centre_lon as lon, centre_lat as lat, sampling, imagery, attribution,
  model_name as "modelName", model_sha256 as "modelSha256", gsd, runtime, state, problem,
  created_at as "createdAt"`

/**
 * Writes a region and its points, all pending; both or nothing.
 * @throws {InputError} `region-exists` when the name is taken, `region-too-large`
 */
export async function insertRegionWithPoints(
  db: Database,
  draft: RegionDraft,
  points: readonly RoadPoint[],
): Promise<Region> {
  return db.transaction(async (client) => {
    const region = await insertRegionOn(client, draft)
    await insertPointsOn(client, region.id, points)
    return region
  })
}

/**
 * Writes a region, in a transaction of the caller.
 * @throws {InputError} `region-exists` when the name is taken
 */
export async function insertRegionOn(client: Client, draft: RegionDraft): Promise<Region> {
  const rows = await client.query<RegionRow>(
    `insert into regions (name, boundary, centre_lon, centre_lat, sampling, imagery,
                          attribution, model_name, model_sha256, gsd, attributions)
     values ($1, $2::jsonb, $3, $4, $5::jsonb, $6::jsonb, $7, $8, $9, $10, $11::jsonb)
     on conflict (name) do nothing
     returning ${columns}`,
    [
      draft.name,
      JSON.stringify(draft.boundary),
      draft.centre.lon,
      draft.centre.lat,
      JSON.stringify(draft.sampling),
      JSON.stringify(draft.imagery),
      draft.attribution,
      draft.model.name,
      draft.model.sha256,
      draft.gsd,
      JSON.stringify(draft.attributions ?? [draft.attribution]),
    ],
  )
  const [row] = rows
  if (row !== undefined) {
    if (draft.stretches !== undefined) await insertStretchesOn(client, row.id, draft.stretches)
    return toRegion(row)
  }
  throw nameTaken(draft.name)
}

/**
 * Before an extract or gigabytes are read; the insert itself refuses too.
 * @param hint  what to do, where it is not to choose another name or to delete that region
 * @throws {InputError} `region-exists`
 */
export async function refuseTakenName(db: Database, name: string, hint?: string): Promise<void> {
  const taken = await db.withClient((client) =>
    client.query('select from regions where name = $1', [name]),
  )
  if (taken.length > 0) throw nameTaken(name, hint)
}

function nameTaken(
  name: string,
  hint = `choose another name, or delete that region first: \`whereabouts region delete ${name}\` (over HTTP: DELETE /v1/regions/${name})`,
): InputError {
  return new InputError('region-exists', `Expected a new name for the region, got "${name}"`, {
    hint,
  })
}

/** @throws {NotFoundError} `region-not-found`, with the names that there are */
export async function findRegion(db: Database, name: string): Promise<Region> {
  return db.withClient((client) => findRegionOn(client, name))
}

/** As `findRegion`, in a transaction of the caller. */
export async function findRegionOn(client: Client, name: string): Promise<Region> {
  const [row] = await client.query<RegionRow>(`select ${columns} from regions where name = $1`, [
    name,
  ])
  if (row !== undefined) return toRegion(row)
  throw await notFound(client, name)
}

/** All regions by name. */
export async function listRegions(db: Database): Promise<Region[]> {
  const rows = await db.withClient((client) =>
    client.query<RegionRow>(`select ${columns} from regions order by name`),
  )
  return rows.map(toRegion)
}

/**
 * Deletes a region with its points, embeddings and heatmaps.
 * @throws {NotFoundError} `region-not-found`
 */
export async function deleteRegion(db: Database, name: string): Promise<void> {
  const { id } = await findRegion(db, name)
  await db.transaction(async (client) => {
    // Points first: a worker that stores a batch holds their locks, so its embeddings are seen
    // below. Locked in id order, as workers do: the deletion alone takes them as they lie on disk,
    // and both would wait for each other.
    await client.query(
      `select count(*)
         from (select from points where region = $1 order by id for update) as locked`,
      [id],
    )
    await client.query('delete from points where region = $1', [id])
    await client.query('delete from embeddings where region = $1', [id])
    await client.query('delete from regions where id = $1', [id])
  })
}

async function notFound(client: Client, name: string): Promise<NotFoundError> {
  const rows = await client.query<{ name: string }>(
    'select name from regions order by name limit 50',
  )
  const names = rows.map((row) => row.name)
  return new NotFoundError('region-not-found', `Expected a known region, got "${name}"`, {
    hint:
      names.length > 0
        ? `there are: ${names.join(', ')}`
        : 'there are none yet: run `whereabouts region create`',
    facts: { regions: names },
  })
}

function toRegion({ lon, lat, modelName, modelSha256, ...row }: RegionRow): Region {
  return { ...row, centre: { lon, lat }, model: { name: modelName, sha256: modelSha256 } }
}
