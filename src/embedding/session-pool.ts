/** Worker threads with one inference session each, and the queue before them. @io native */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { EncodeReply, EncodeRequest, WorkerSetup } from './onnx-worker.ts'

/** Runs requests on whichever session is free. */
export interface SessionPool {
  /** @returns `float32[n, 365]`, or the map of one image, `float32[365, h, w]` */
  run(request: EncodeRequest): Promise<Float32Array>
  close(): Promise<void>
}

/**
 * Starts `count` sessions; resolves when all have loaded the model. When a thread dies, or after `close`, every
 * request rejects: none waits for an answer that cannot come.
 */
export async function createSessionPool(setup: WorkerSetup, count: number): Promise<SessionPool> {
  const workers = Array.from({ length: Math.max(1, count) }, () => startWorker(setup))
  const idle: Worker[] = []
  const waiting: { give(worker: Worker): void; fail(error: Error): void }[] = []
  let ended: Error | undefined

  function end(error: Error): void {
    ended ??= error
    for (const waiter of waiting.splice(0)) waiter.fail(ended)
  }
  function release(worker: Worker): void {
    const next = waiting.shift()
    if (next === undefined) idle.push(worker)
    else next.give(worker)
  }
  async function acquire(): Promise<Worker> {
    if (ended !== undefined) throw ended
    return idle.pop() ?? new Promise((give, fail) => waiting.push({ give, fail }))
  }
  async function close(): Promise<void> {
    end(new Error('Inference failed: the encoder is closed'))
    await Promise.all(workers.map((worker) => worker.terminate()))
  }

  for (const worker of workers) {
    worker.on('error', end)
    worker.on('exit', (code) => end(new Error(`Inference thread ended with code ${code}`)))
  }
  try {
    await Promise.all(workers.map((worker) => reply(worker)))
  } catch (error) {
    await close()
    throw error
  }
  workers.forEach(release)
  return {
    run: async (request) => {
      const worker = await acquire()
      try {
        worker.postMessage(request, [request.pixels.buffer as ArrayBuffer])
        return await reply(worker)
      } finally {
        release(worker)
      }
    },
    close,
  }
}

function startWorker(workerData: WorkerSetup): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./onnx-worker.js', import.meta.url), { workerData })
  }
  // From source tsx has to translate; Node 20 ignores `--import tsx` for a thread's own entry file, and
  // tsx's ESM hooks would start one more thread in each (390 ms of CPU instead of 80).
  const tsx = createRequire(import.meta.url).resolve('tsx/cjs/api')
  const file = fileURLToPath(new URL('./onnx-worker.ts', import.meta.url))
  const code = `require(${JSON.stringify(tsx)}).register(); require(${JSON.stringify(file)})`
  return new Worker(code, { eval: true, workerData })
}

/** The next message of a thread; rejects when the thread fails or ends instead. */
async function reply(worker: Worker): Promise<Float32Array> {
  const ended = new AbortController()
  const message = once(worker, 'message', { signal: ended.signal }) as Promise<[EncodeReply]>
  const exit = once(worker, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`Inference thread ended with code ${code}`)
  })
  try {
    const [answer] = await Promise.race([message, exit])
    if ('error' in answer) throw new Error(`Inference failed: ${answer.error}`)
    return answer.logits
  } finally {
    ended.abort()
    await Promise.allSettled([message, exit])
  }
}
