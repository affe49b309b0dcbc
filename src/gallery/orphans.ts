/** Builds that a process left behind on the embedded database when it was killed. */
import type { Database } from './database.ts'

/**
 * Stops the builds that nobody runs, and gives their points back: the folder belongs to one
 * process, and that one has only now opened it. On a server others may be at work; there leases run
 * out by themselves.
 */
export async function stopOrphanedBuilds(db: Database): Promise<void> {
  if (db.kind === 'postgres') return
  await db.transaction(async (client) => {
    const stopped = await client.query<{ id: number }>(
      `update regions set state = 'stopped', problem = null where state = 'building' returning id`,
    )
    for (const { id } of stopped) {
      await client.query(
        `update points set state = 'pending', leased_until = null
          where region = $1 and state = 'leased'`,
        [id],
      )
    }
  })
}
