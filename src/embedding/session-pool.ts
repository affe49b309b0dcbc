/** Worker threads with one inference session each, and the queue before them. @io native */
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { startWorker } from '../worker-thread.ts'
import type { Rgb8 } from '../types.ts'
import type { EncodeReply, WorkerRequest, WorkerSetup } from './onnx-worker.ts'

/** Up to a batch of images; for a `logitsmap` one image, of any size. */
export interface EncodeRequest {
  readonly output: WorkerRequest['output']
  readonly images: readonly Rgb8[]
}

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
  const workers = Array.from({ length: Math.max(1, count) }, () =>
    startWorker(import.meta.url, 'onnx-worker', setup),
  )
  const idle: Session[] = []
  const waiting: { give(session: Session): void; fail(error: Error): void }[] = []
  let ended: Error | undefined

  function end(error: Error): void {
    ended ??= error
    for (const waiter of waiting.splice(0)) waiter.fail(ended)
  }
  function release(session: Session): void {
    const next = waiting.shift()
    if (next === undefined) idle.push(session)
    else next.give(session)
  }
  async function acquire(): Promise<Session> {
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
  for (const worker of workers) release({ worker, memory: shareMemory(0) })
  return {
    run: async (request) => {
      const session = await acquire()
      try {
        session.worker.postMessage(hand(session, request))
        return await reply(session.worker)
      } finally {
        release(session)
      }
    },
    close,
  }
}

/** A thread and the memory in which it is handed pixels. */
interface Session {
  readonly worker: Worker
  memory: Uint8Array
}

function shareMemory(byteCount: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(byteCount))
}

/** Copies the pixels to where the thread sees them: memory of their own per request would keep the engine collecting it. */
function hand(session: Session, { output, images }: EncodeRequest): WorkerRequest {
  const byteCount = images.reduce((sum, { data }) => sum + data.length, 0)
  if (session.memory.length < byteCount) session.memory = shareMemory(byteCount)
  let at = 0
  for (const { data } of images) {
    session.memory.set(data, at)
    at += data.length
  }
  const sizes = images.map(({ width, height }) => ({ width, height }))
  return { output, sizes, pixels: session.memory.subarray(0, byteCount) }
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
