/**
 * Cells on the wire: one value of bytes for many of them. A row per cell takes both drivers longer
 * to read than the server takes to compute it (docs/benchmarks.md).
 */
import type { CellExpression } from './expressions.ts'

/** A cell as SQL answers it: its point with the best value, and how many there are. */
export interface PackedCell {
  readonly cell: number | bigint
  /** As `packedSql` packs it. */
  readonly best: number
  /** Of the point, and where it lies: degrees WGS84, NaN where `points` knows none. */
  readonly id: number
  readonly lon: number
  readonly lat: number
  readonly count: number
}

/**
 * A million points in one value: 40 MB of cells at most, 80 MB as text, where a string may have
 * 512.
 */
const blockBits = 20

/** SQL of the columns `cell, best, id, lon, lat, count` of `cells` as values of bytes. */
export function packedCellsSql(send: CellExpression['send'], cells: string): string {
  return `select string_agg(${send}(cell) || float8send(best) || float8send(lon) || float8send(lat)
                            || int4send(id) || int4send(count), '') as cells
            from (${cells}) as cells
           group by id >> ${blockBits}`
}

const cellBytes = 40

/** Reads what `packedCellsSql` answers → cells in no order. */
export function readPackedCells(
  blocks: readonly { readonly cells: Uint8Array }[],
  send: CellExpression['send'],
): PackedCell[] {
  return blocks.flatMap(({ cells: { buffer, byteOffset, byteLength } }) => {
    const view = new DataView(buffer, byteOffset, byteLength)
    return Array.from({ length: byteLength / cellBytes }, (_, i) => {
      const at = i * cellBytes
      return {
        cell: send === 'int8send' ? view.getBigInt64(at) : view.getFloat64(at),
        best: view.getFloat64(at + 8),
        lon: view.getFloat64(at + 16),
        lat: view.getFloat64(at + 24),
        id: view.getInt32(at + 32),
        count: view.getInt32(at + 36),
      }
    })
  })
}
