/**
 * Opens a gallery's database of either kind.
 * @io disk, database
 */
import type { Database } from './database.ts'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'

/**
 * A PostgreSQL server, or a folder for the embedded database (`worker`: in a thread of its own).
 */
export type DatabasePlace =
  { readonly url: string } | { readonly dataDir: string; readonly worker?: boolean }

/**
 * Opens the database; `migrate` brings its schema up to date.
 * @throws {UpstreamError} `database-unreachable`, `database-locked`, `database-unavailable`
 */
export async function openDatabase(place: DatabasePlace): Promise<Database> {
  if ('url' in place) return openPostgres(place.url)
  return openPglite(place.dataDir, place.worker ?? false)
}
