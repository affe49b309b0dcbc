import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/gallery/open.ts'
import { pgliteFolder } from '../databases.ts'

describe('PGlite in a thread', () => {
  test('answers, reports errors and leaves the event loop free while it works', async () => {
    const place = await pgliteFolder()
    const db = await openDatabase({ dataDir: place.dataDir, worker: true })
    try {
      let ticks = 0
      const timer = setInterval(() => ticks++, 10)
      const slow = db.withClient((client) =>
        client.query<{ n: bigint }>('select count(*) as n from generate_series(1, 500000)'),
      )
      expect(await slow).toEqual([{ n: 500_000n }])
      clearInterval(timer)
      expect(ticks).toBeGreaterThan(3)
      const wrong = db.withClient((client) => client.query('select * from nowhere'))
      await expect(wrong).rejects.toMatchObject({ code: '42P01' })
      await expect(openDatabase({ dataDir: place.dataDir })).rejects.toMatchObject({
        code: 'database-locked',
      })
    } finally {
      await db.close()
      await place.remove()
    }
  })
})
