import { readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/gallery/open.ts'
import { pgliteFolder } from '../databases.ts'

/** The threads that are started until the promise has settled. */
function watchThreads<T>(open: () => Promise<T>) {
  const threads: Worker[] = []
  const note = (thread: Worker) => void threads.push(thread)
  process.on('worker', note)
  return { threads, opening: open().finally(() => process.off('worker', note)) }
}

async function openInThread(dataDir: string) {
  const { threads, opening } = watchThreads(() => openDatabase({ dataDir, worker: true }))
  return { db: await opening, thread: threads[0]! }
}

async function findFile(folder: string, name: string): Promise<string> {
  const paths = await readdir(folder, { recursive: true })
  return join(
    folder,
    paths.find((path) => basename(path) === name)!,
  )
}

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

  test('that ended fails every call from then on at once, and is closed without waiting for it', async () => {
    const place = await pgliteFolder()
    const { db, thread } = await openInThread(place.dataDir)
    try {
      const underWay = db.withClient((client) => client.query('select pg_sleep(60)'))
      void thread.terminate()
      const gone = { name: 'UpstreamError', code: 'database-unavailable' }
      await expect(underWay).rejects.toMatchObject(gone)
      await expect(db.withClient((client) => client.query('select 1'))).rejects.toMatchObject(gone)
      await expect(db.transaction(async () => undefined)).rejects.toMatchObject(gone)
    } finally {
      await db.close()
      await place.remove()
    }
  })
})

describe('a folder of PGlite that cannot be opened', () => {
  for (const worker of [false, true]) {
    test(`is named${worker ? ', leaves no thread behind' : ''} and is not locked afterwards`, async () => {
      const place = await pgliteFolder()
      try {
        const control = await findFile(place.dataDir, 'pg_control')
        await writeFile(control, 'rubbish')
        const refused = {
          name: 'UpstreamError',
          code: 'database-unavailable',
          message: expect.stringContaining(place.dataDir) as unknown,
        }
        const { opening, threads } = watchThreads(() =>
          openDatabase({ dataDir: place.dataDir, worker }),
        )
        await expect(opening).rejects.toMatchObject(refused)
        expect(threads.map(({ threadId }) => threadId)).toEqual(worker ? [-1] : [])
        await expect(openDatabase({ dataDir: place.dataDir })).rejects.toMatchObject(refused)
      } finally {
        await place.remove()
      }
    })
  }
})
