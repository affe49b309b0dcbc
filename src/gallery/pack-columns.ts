/** Rows of a pack ↔ columns of Parquet. What is read is checked as if a stranger had written it. */
import type { SchemaElement } from 'hyparquet'
import type { ColumnSource } from 'hyparquet-writer'
import { InputError } from '../errors.ts'
import type { RoadPoint, SourceReference } from '../types.ts'
import { dimension, halfMax } from './halfvec.ts'
import { isPointId } from './packed-best.ts'

/** What one point looks like from above on one date. */
export interface PackedEmbedding {
  /** Metres in the region's projection. */
  readonly x: number
  readonly y: number
  /** H3 index at resolution 15. */
  readonly h3: bigint
  readonly vintage: string
  readonly capturedOn: string | null
  readonly patchSha256: Uint8Array
  readonly reference: SourceReference
  /** `float32[365]` in half precision. */
  readonly logits: Float32Array
}

/** A point with one of its embeddings, or without any. Rows come by point, then vintage. */
export interface PackRow extends RoadPoint {
  readonly state: 'pending' | 'embedded' | 'unavailable'
  readonly reason: string | null
  readonly embedding: PackedEmbedding | null
}

const required = { repetition_type: 'REQUIRED' } as const
const optional = { repetition_type: 'OPTIONAL' } as const
const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const

/**
 * float32 rather than float16, because every reader takes it; with its bytes sorted by significance
 * the 13 bits that halves leave empty compress away. lon and lat repeat the geometry for readers
 * without WKB.
 */
export const packSchema: SchemaElement[] = [
  { name: 'region_pack', num_children: 14 },
  { name: 'geometry', type: 'BYTE_ARRAY', ...required },
  { name: 'id', type: 'INT32', ...required },
  { name: 'lon', type: 'DOUBLE', ...required },
  { name: 'lat', type: 'DOUBLE', ...required },
  { name: 'state', ...text, ...required },
  { name: 'reason', ...text, ...optional },
  { name: 'x', type: 'DOUBLE', ...optional },
  { name: 'y', type: 'DOUBLE', ...optional },
  { name: 'h3', type: 'INT64', ...optional },
  { name: 'vintage', ...text, ...optional },
  { name: 'captured_on', type: 'INT32', converted_type: 'DATE', ...optional },
  { name: 'patch_sha256', type: 'FIXED_LEN_BYTE_ARRAY', type_length: 32, ...optional },
  { name: 'reference', ...text, ...optional },
  { name: 'embedding', converted_type: 'LIST', num_children: 1, ...optional },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'FLOAT', ...required },
]

type PackColumn = Omit<ColumnSource, 'data'> & {
  readonly take: (row: PackRow) => unknown
}

const columns: readonly PackColumn[] = [
  { name: 'geometry', statistics: false, take: ({ lon, lat }) => pointWkb(lon, lat) },
  { name: 'id', take: ({ id }) => id },
  { name: 'lon', take: ({ lon }) => lon },
  { name: 'lat', take: ({ lat }) => lat },
  { name: 'state', take: ({ state }) => state },
  { name: 'reason', take: ({ reason }) => reason },
  { name: 'x', take: ({ embedding }) => embedding?.x },
  { name: 'y', take: ({ embedding }) => embedding?.y },
  { name: 'h3', take: ({ embedding }) => embedding?.h3 },
  { name: 'vintage', take: ({ embedding }) => embedding?.vintage },
  { name: 'captured_on', take: ({ embedding }) => toDate(embedding?.capturedOn) },
  { name: 'patch_sha256', statistics: false, take: ({ embedding }) => embedding?.patchSha256 },
  {
    name: 'reference',
    statistics: false,
    take: ({ embedding }) => embedding && JSON.stringify(embedding.reference),
  },
  {
    name: 'embedding',
    encoding: 'BYTE_STREAM_SPLIT',
    statistics: false,
    take: ({ embedding }) => embedding && Array.from(embedding.logits),
  },
]

/** The columns of one row group. */
export function toColumns(rows: readonly PackRow[]): ColumnSource[] {
  return columns.map(({ take, ...column }) => ({
    ...column,
    data: rows.map((row) => take(row) ?? null),
  }))
}

/** Well-known binary: byte order, type 1, x, y. */
function pointWkb(lon: number, lat: number): Uint8Array {
  const bytes = new Uint8Array(21)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 1)
  view.setUint32(1, 1, true)
  view.setFloat64(5, lon, true)
  view.setFloat64(13, lat, true)
  return bytes
}

function toDate(isoDate: string | null | undefined): Date | null {
  return isoDate ? new Date(`${isoDate}T00:00:00Z`) : null
}

/** The columns that are read back, by name. */
export type PackColumns = Readonly<Record<string, ArrayLike<unknown>>>

/** All but the geometry, which repeats lon and lat. */
export const readColumns = columns.map(({ name }) => name).filter((name) => name !== 'geometry')

/**
 * The rows of one row group.
 * @param before  the last row of the group before
 * @throws {InputError} `pack-damaged` when a row cannot be
 */
export function toRows(
  read: PackColumns,
  count: number,
  before: PackRow | undefined = undefined,
): PackRow[] {
  let last = before
  return Array.from({ length: count }, (_, i) => {
    const row = toRow((name) => read[name]?.[i] ?? undefined)
    if (last !== undefined && !isAfter(row, last)) throw badRow('id', row.id)
    last = row
    return row
  })
}

function toRow(at: ReadValue): PackRow {
  const row = { ...toPoint(at), embedding: at('vintage') === undefined ? null : toEmbedding(at) }
  if ((row.state === 'embedded') !== (row.embedding !== null)) throw badRow('state', row.state)
  if ((row.state === 'unavailable') !== (row.reason !== null)) throw badRow('reason', row.reason)
  return row
}

/** By point, then vintage: a point that comes again would be in the gallery twice. */
function isAfter(row: PackRow, last: PackRow): boolean {
  if (row.id !== last.id) return row.id > last.id
  if (row.embedding === null || last.embedding === null) return false
  return (row.embedding?.vintage ?? '') > (last.embedding?.vintage ?? '')
}

type ReadValue = (name: string) => unknown

function toPoint(at: ReadValue): Omit<PackRow, 'embedding'> {
  const reason = at('reason')
  return {
    id: check(at, 'id', isPointId),
    lon: check(at, 'lon', (value) => Math.abs(Number(value)) <= 180),
    lat: check(at, 'lat', (value) => Math.abs(Number(value)) <= 90),
    state: check(at, 'state', (value) =>
      ['pending', 'embedded', 'unavailable'].includes(String(value)),
    ),
    reason: reason === undefined ? null : check(at, 'reason', isReason),
  }
}

function toEmbedding(at: ReadValue): PackedEmbedding {
  const capturedOn = at('captured_on')
  const logits = Float32Array.from(check<number[]>(at, 'embedding', isVector))
  return {
    x: check(at, 'x', Number.isFinite),
    y: check(at, 'y', Number.isFinite),
    h3: check(at, 'h3', (value) => typeof value === 'bigint'),
    vintage: check(at, 'vintage', isText),
    capturedOn: capturedOn instanceof Date ? capturedOn.toISOString().slice(0, 10) : null,
    patchSha256: check(at, 'patch_sha256', (value) => value instanceof Uint8Array),
    reference: parseReference(check(at, 'reference', isText)),
    logits,
  }
}

function parseReference(json: string): SourceReference {
  try {
    const reference = JSON.parse(json) as SourceReference | null
    if (typeof reference?.kind === 'string' && Array.isArray(reference.items)) return reference
  } catch {
    // Told below.
  }
  throw badRow('reference', json)
}

/** What a text column of a database can hold. */
function isText(value: unknown): boolean {
  return typeof value === 'string' && !/[\0\p{Cs}]/u.test(value)
}

/** A code, as builds write them: it becomes a column of coverage. */
function isReason(value: unknown): boolean {
  return /^[a-z0-9-]{1,64}$/.test(String(value))
}

function isVector(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== dimension) return false
  return value.every((logit) => Math.abs(Number(logit)) < halfMax)
}

function check<T>(at: ReadValue, name: string, isValid: (value: unknown) => boolean): T {
  const value = at(name)
  if (!isValid(value)) throw badRow(name, value)
  return value as T
}

function badRow(column: string, value: unknown): InputError {
  return new InputError(
    'pack-damaged',
    `Expected a row of a region pack, got ${column} "${String(value).slice(0, 60)}"`,
    { hint: 'ask for the file again: whoever wrote it has a fault' },
  )
}
