/** Worker threads with one inference session each, and the queue before them. @io native */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { EncodeReply, EncodeRequest, WorkerSetup } from './onnx-worker.ts'

/** Runs requests on whichever session is free. */
export interface SessionPool {
  /** @returns `float32[n, 365]` */
  run(request: EncodeRequest): Promise<Float32Array>
  close(): Promise<void>
}

/** Starts `count` sessions; resolves when all have loaded the model. */
export async function createSessionPool(setup: WorkerSetup, count: number): Promise<SessionPool> {
  const workers = Array.from({ length: Math.max(1, count) }, () => startWorker(setup))
  await Promise.all(workers.map((worker) => reply(worker)))
  const idle = [...workers]
  const waiting: ((worker: Worker) => void)[] = []

  function release(worker: Worker): void {
    const next = waiting.shift()
    if (next === undefined) idle.push(worker)
    else next(worker)
  }
  async function acquire(): Promise<Worker> {
    return idle.pop() ?? new Promise((resolve) => waiting.push(resolve))
  }
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
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

function startWorker(workerData: WorkerSetup): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./onnx-worker.js', import.meta.url), { workerData })
  }
  // From source tsx has to translate; Node 20 ignores `--import tsx` for a thread's own entry file.
  const api = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/cjs$/, 'mjs')
  const tsx = pathToFileURL(api).href
  const file = new URL('./onnx-worker.ts', import.meta.url).href
  const code = `import('${tsx}').then(({ register }) => (register(), import('${file}')))`
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
