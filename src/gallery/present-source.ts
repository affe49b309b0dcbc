/** Which source a region has at present, so that who has opened it notices when the region takes another one. */
import type { Database } from './database.ts'

/** A source of a region, as its rows and workers tell it from others. */
export interface PresentSource {
  /** Its position among those that the region had, in turn: rows say it. */
  readonly index: number
  /** Opaque; another one once the region has another source, or the same one names somebody else. */
  readonly stamp: string
}

/** SQL over `regions`: the stamp. Not compared as JSON: numbers beyond doubles would never be those that came back. */
export const sourceStamp = `encode(sha256(convert_to(imagery::text || attributions::text, 'UTF8')), 'hex')`

/** @returns of a region that is not there: what is the source of none */
export async function findPresentSource(db: Database, name: string): Promise<PresentSource> {
  const [row] = await db.withClient((client) =>
    client.query<PresentSource>(
      `select jsonb_array_length(attributions) - 1 as index, ${sourceStamp} as stamp
         from regions where name = $1`,
      [name],
    ),
  )
  return row ?? { index: 0, stamp: '' }
}
