import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { startWorker } from '../src/worker-thread.ts'

test('from TypeScript, a thread starts from the TypeScript file of that name', async () => {
  const worker = startWorker(import.meta.url, 'fixtures/echo-thread', { answer: 365 })
  expect(await once(worker, 'message')).toEqual([{ answer: 365 }])
  await worker.terminate()
})

test('from the build, a thread starts from the JavaScript file of that name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whereabouts-thread-'))
  await writeFile(
    join(folder, 'echo.mjs'),
    `import { parentPort, workerData } from 'node:worker_threads'; parentPort.postMessage(workerData)`,
  )
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'echo.js'), `import './echo.mjs'`)
  const worker = startWorker(pathToFileURL(join(folder, 'pool.js')).href, 'echo', 7)
  expect(await once(worker, 'message')).toEqual([7])
  await worker.terminate()
  await rm(folder, { recursive: true })
})
