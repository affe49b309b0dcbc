/** The table `embeddings`: batches in, single rows and a region's figures out. */
import { InputError, NotFoundError } from '../errors.ts'
import type { EmbeddedPoint, SourceReference, UnavailablePoint } from '../types.ts'
import type { CopyValue } from './copy.ts'
import { countedRows, UNDATED, type RowChoice } from './counted-rows.ts'
import type { Client, Database } from './database.ts'
import { dimension, halfMax, readHalfvec } from './halfvec.ts'
import { holdPlan } from './plan-stamp.ts'
import { countChange } from './points.ts'

/** As binary COPY fills it. */
export const embeddingsTable = {
  name: 'embeddings',
  columns: {
    region: 'int4',
    point: 'int4',
    x: 'float8',
    y: 'float8',
    h3: 'int8',
    logits: 'halfvec',
    vintage: 'text',
    captured_on: 'date',
    patch_sha256: 'bytea',
    reference: 'jsonb',
  },
} as const

/** The outcome of one claim. */
export interface Batch {
  readonly regionId: number
  /** Of the model that computed the vectors. */
  readonly modelSha256: string
  readonly worker: string
  /** Which of the sources that the region had, in turn; absent: the first. */
  readonly source?: number
  /**
   * How the region was built when the batch was begun (`BuildPlan`); absent: it is stored however
   * that is now.
   */
  readonly stamp?: string
  /** One row per point and date. */
  readonly embedded: readonly EmbeddedPoint[]
  readonly unavailable: readonly UnavailablePoint[]
  /** Points whose imagery is what it was: nothing new to store. */
  readonly unchanged?: readonly number[]
  /** Points whose imagery was broken; they are pending again after the wait. */
  readonly failed?: readonly FailedPoint[]
}

/** A point to be tried again later. */
export interface FailedPoint {
  readonly id: number
  readonly waitS: number
  /** Whether this is one of its failures, or says as little of it as of all others around it. */
  readonly isCounted: boolean
}

/** How many points a batch has finished. */
export interface BatchCounts {
  readonly embedded: number
  readonly unavailable: number
}

/**
 * Writes a batch and marks its points done, all or nothing. Points that another worker finished in
 * the meantime are left out, so that storing a batch twice changes nothing.
 * @returns null: the region is to be built otherwise by now, and nothing was written
 * @throws {InputError} `model-mismatch`, `embedding-invalid` (wrong dimension, NaN, beyond half
 *   precision)
 */
export async function storeBatch(db: Database, batch: Batch): Promise<BatchCounts | null> {
  batch.embedded.forEach(checkLogits)
  return db.transaction(async (client) => {
    await checkModel(client, batch)
    const { open, refreshing } = await lockOpenPoints(client, batch)
    const { regionId, stamp } = batch
    // Behind the points, as whoever deletes a region locks them.
    if (stamp !== undefined && !(await holdPlan(client, regionId, stamp))) return null
    const embedded = batch.embedded.filter(({ id }) => open.has(id))
    const done = new Set([...embedded.map(({ id }) => id), ...(batch.unchanged ?? [])])
    const doneIds = [...done].filter((id) => open.has(id))
    const unavailable = batch.unavailable.filter(({ id }) => open.has(id) && !done.has(id))
    const refreshed = embedded.filter(({ id }) => refreshing.has(id))
    await deleteRows(client, regionId, refreshed)
    await client.copyRows(embeddingsTable, embeddingRows(batch, embedded))
    await markEmbedded(client, batch, doneIds)
    await markUnavailable(client, batch, unavailable)
    await markFailed(client, batch)
    if (doneIds.length + unavailable.length > 0) await countChange(client, regionId)
    return { embedded: doneIds.length, unavailable: unavailable.length }
  })
}

function checkLogits({ id, logits }: EmbeddedPoint): void {
  if (logits.length !== dimension) {
    throw invalid(`${dimension} logits for point ${id}`, `${logits.length}`)
  }
  // Not `findIndex`: it would box millions of numbers.
  let index = 0
  while (index < dimension && Math.abs(logits[index] as number) < halfMax) index++
  if (index === dimension) return
  throw invalid(
    `numbers below ${Math.ceil(halfMax)} for the logits of point ${id}`,
    `${String(logits[index])} for scene ${index}`,
  )
}

function invalid(expected: string, got: string): InputError {
  return new InputError('embedding-invalid', `Expected ${expected}, got ${got}`, {
    hint: 'check the overhead model: `whereabouts models verify`',
  })
}

async function checkModel(client: Client, { regionId, modelSha256 }: Batch): Promise<void> {
  const [region] = await client.query<{ name: string; model: string; sha256: string }>(
    'select name, model_name as model, model_sha256 as sha256 from regions where id = $1',
    [regionId],
  )
  if (region === undefined) {
    throw new NotFoundError('region-not-found', `Expected a known region, got id ${regionId}`)
  }
  if (region.sha256 === modelSha256) return
  throw new InputError(
    'model-mismatch',
    `Expected vectors of ${region.model} (${region.sha256.slice(0, 12)}) for region "${region.name}", got ${modelSha256.slice(0, 12)}`,
    { hint: 'build with the region’s model, or create the region anew' },
  )
}

/**
 * Locks those of the batch's points that are not done, in id order so that workers cannot
 * dead-lock: failed ones too.
 */
async function lockOpenPoints(client: Client, batch: Batch): Promise<OpenPoints> {
  const { embedded, unavailable, unchanged = [], failed = [] } = batch
  const ids = [...embedded, ...unavailable, ...failed].map(({ id }) => id)
  const [row] = await client.query<Record<keyof OpenPoints, number[] | null>>(
    `select array_agg(id) as open, array_agg(id) filter (where refreshing) as refreshing
       from (select id, refreshing from points
              where region = $1 and id = any($2::integer[]) and state in ('pending', 'leased')
              order by id for update) as locked`,
    [batch.regionId, [...ids, ...unchanged]],
  )
  return { open: new Set(row?.open), refreshing: new Set(row?.refreshing) }
}

/** Ids of the points of a batch that are not done, and of those that were embedded before. */
interface OpenPoints {
  readonly open: ReadonlySet<number>
  readonly refreshing: ReadonlySet<number>
}

/** Rows of the same dates, which the new pictures replace. */
async function deleteRows(
  client: Client,
  regionId: number,
  points: readonly EmbeddedPoint[],
): Promise<void> {
  if (points.length === 0) return
  await client.query(
    `delete from embeddings
      using unnest($2::integer[], $3::text[]) as given (point, vintage)
      where region = $1 and embeddings.point = given.point and embeddings.vintage = given.vintage`,
    [regionId, points.map(({ id }) => id), points.map(({ capturedOn }) => capturedOn ?? UNDATED)],
  )
}

function* embeddingRows(
  { regionId, source = 0 }: Batch,
  points: readonly EmbeddedPoint[],
): Generator<readonly CopyValue[]> {
  for (const point of points) {
    yield [
      regionId,
      point.id,
      point.x,
      point.y,
      point.h3,
      point.logits,
      point.capturedOn ?? UNDATED,
      point.capturedOn,
      Buffer.from(point.patchSha256, 'hex'),
      source === 0 ? point.reference : { ...point.reference, source },
    ]
  }
}

async function markEmbedded(
  client: Client,
  { regionId, worker }: Batch,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return
  await client.query(
    `update points set state = 'embedded', worker = $3, leased_until = null, refreshing = false
      where region = $1 and id = any($2::integer[])`,
    [regionId, [...ids], worker],
  )
}

/** A point that was embedded before keeps what it has. */
async function markUnavailable(
  client: Client,
  { regionId, worker }: Batch,
  points: readonly UnavailablePoint[],
): Promise<void> {
  if (points.length === 0) return
  await client.query(
    `update points
        set state = case when refreshing then 'embedded' else 'unavailable' end,
            reason = case when refreshing then null else given.reason end,
            worker = $4, leased_until = null, refreshing = false
       from unnest($2::integer[], $3::text[]) as given (id, reason)
      where region = $1 and points.id = given.id`,
    [regionId, points.map(({ id }) => id), points.map(({ reason }) => reason), worker],
  )
}

/** Only of points that the worker still holds: storing a batch twice counts a failure once. */
async function markFailed(client: Client, { regionId, worker, failed = [] }: Batch): Promise<void> {
  if (failed.length === 0) return
  await client.query(
    `update points set state = 'pending', leased_until = null, failures = failures + given.counted::integer,
            retry_at = now() + make_interval(secs => given.wait)
       from unnest($2::integer[], $3::float8[], $5::boolean[]) as given (id, wait, counted)
      where region = $1 and points.id = given.id and state = 'leased' and worker = $4`,
    [
      regionId,
      failed.map(({ id }) => id),
      failed.map(({ waitS }) => waitS),
      worker,
      failed.map(({ isCounted }) => isCounted),
    ],
  )
}

/** A gallery row read back; the logits have half precision. */
export type StoredEmbedding = Omit<EmbeddedPoint, 'x' | 'y' | 'h3'>

interface EmbeddingRow {
  readonly id: number
  readonly lon: number
  readonly lat: number
  readonly capturedOn: string | null
  readonly reference: SourceReference
  readonly sha256: Uint8Array
  readonly logits: Uint8Array
}

/**
 * The row of each of some points that a question counts, in the order of the ids; points without
 * one are left out. `capturedOn` is as precise as the source told it.
 */
export async function findEmbeddings(
  db: Database,
  choice: RowChoice,
  pointIds: readonly number[],
): Promise<StoredEmbedding[]> {
  const rows = await db.snapshot(async (client) => {
    const only = 'point = any($2::integer[])'
    const counted = await countedRows(client, choice, { first: 3, only })
    return client.query<EmbeddingRow>(
      `select points.id, lon, lat, nullif(vintage, '${UNDATED}') as "capturedOn", reference,
              patch_sha256 as sha256, halfvec_send(logits) as logits
         from unnest($2::integer[]) with ordinality as wanted (id, position)
         join ${counted.sql} on embeddings.region = $1 and point = wanted.id
         join points on points.region = $1 and points.id = wanted.id
        order by position`,
      [choice.regionId, [...pointIds], ...counted.params],
    )
  })
  return rows.map(({ sha256, logits, ...row }) => ({
    ...row,
    patchSha256: Buffer.from(sha256).toString('hex'),
    logits: readHalfvec(logits),
  }))
}
