/** A build that waits minutes between its tries, in a test. */
import type { Database } from '../../src/gallery/database.ts'

const EVERY_MS = 30

/** Skips the waits between the tries of a region's points. @returns ends it */
export function skipWaits(db: Database, regionId: number): () => void {
  const timer = setInterval(() => {
    void db.withClient((client) =>
      client.query('update points set retry_at = now() where region = $1 and retry_at > now()', [
        regionId,
      ]),
    )
  }, EVERY_MS)
  return () => clearInterval(timer)
}
