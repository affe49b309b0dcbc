/** The seam between our SQL and a database: what PostgreSQL and the embedded PGlite both offer. */
import type { CopyTable, CopyValue } from './copy.ts'

/**
 * A row by column name. `int8` arrives as `bigint`, `bytea` as `Uint8Array`, times as ISO strings.
 */
export type Row = Readonly<Record<string, unknown>>

/** One connection, lent for the time of a callback. */
export interface Client {
  /** One statement with `$1` … parameters; JSON goes in as text. */
  query<T = Row>(sql: string, params?: readonly unknown[]): Promise<T[]>
  /** Several statements without parameters. */
  script(sql: string): Promise<void>
  /**
   * Appends rows by binary COPY, 10⁶ and more. Long inputs are split into several COPYs:
   * call it inside a transaction.
   */
  copyRows(table: CopyTable, rows: Iterable<readonly CopyValue[]>): Promise<void>
}

/** A gallery's database. One connection per caller at a time: nesting throws on both databases. */
export interface Database {
  readonly kind: 'postgres' | 'pglite'
  /** Lends a connection until the callback has settled. */
  withClient<T>(work: (client: Client) => Promise<T>): Promise<T>
  /** As `withClient`, between `begin` and `commit`; rolls back when the callback throws. */
  transaction<T>(work: (client: Client) => Promise<T>): Promise<T>
  /**
   * As `transaction`, for reading: every statement sees the rows of the same moment.
   * @param settings  `set local` statements, which go with the first
   */
  snapshot<T>(work: (client: Client) => Promise<T>, settings?: string): Promise<T>
  close(): Promise<void>
}
