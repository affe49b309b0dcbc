/** Worker threads with one inference session each, and the queue before them. @io native */
import type { Worker } from 'node:worker_threads'
import { startWorker } from '../worker-thread.ts'
import type { Rgb8 } from '../types.ts'
import type { EncodeReply, WorkerRequest, WorkerSetup } from './onnx-worker.ts'

/** Some images; for a `logitsmap` one image, of any size. */
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
 * Starts `count` sessions; resolves when all have loaded the model. When a thread dies, or after
 * `close`, every request rejects: none waits for an answer that cannot come. Turns off what
 * onnxruntime reports of its use.
 */
export async function createSessionPool(setup: WorkerSetup, count: number): Promise<SessionPool> {
  // Not in the thread: its environment is a copy, which native code does not see.
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  const sessions = Array.from(
    { length: Math.max(1, count) },
    () => new Session(startWorker(import.meta.url, 'onnx-worker', setup), end),
  )
  const idle: Session[] = []
  const waiting: Pending<Session>[] = []
  let ended: Error | undefined

  function end(error: Error): void {
    ended ??= error
    for (const waiter of waiting.splice(0)) waiter.reject(ended)
    for (const session of sessions) session.fail(ended)
  }
  function release(session: Session): void {
    const next = waiting.shift()
    if (next === undefined) idle.push(session)
    else next.resolve(session)
  }
  async function acquire(): Promise<Session> {
    if (ended !== undefined) throw ended
    return idle.pop() ?? new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }
  async function close(): Promise<void> {
    end(new Error('Inference failed: the encoder is closed'))
    await Promise.all(sessions.map((session) => session.terminate()))
  }

  try {
    await Promise.all(sessions.map((session) => session.reply()))
  } catch (error) {
    await close()
    throw error
  }
  sessions.forEach(release)
  return {
    run: async (request) => {
      const session = await acquire()
      try {
        return await session.run(request)
      } finally {
        release(session)
      }
    },
    close,
  }
}

interface Pending<T> {
  resolve(value: T): void
  reject(error: Error): void
}

/** A thread, the memory in which it is handed pixels, and the one answer that is waited for. */
class Session {
  readonly #worker: Worker
  #memory = shareMemory(0)
  #pending: Pending<Float32Array> | undefined

  constructor(worker: Worker, onEnd: (error: Error) => void) {
    this.#worker = worker
    worker.on('message', (answer: EncodeReply) => this.#settle(answer))
    worker.on('error', onEnd)
    worker.on('exit', (code) => onEnd(new Error(`Inference thread ended with code ${code}`)))
  }

  run(request: EncodeRequest): Promise<Float32Array> {
    this.#worker.postMessage(this.#hand(request))
    return this.reply()
  }

  /** The next message of the thread; rejects when the thread fails or ends instead. */
  reply(): Promise<Float32Array> {
    return new Promise((resolve, reject) => (this.#pending = { resolve, reject }))
  }

  fail(error: Error): void {
    this.#pending?.reject(error)
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(answer: EncodeReply): void {
    if ('logits' in answer) this.#pending?.resolve(answer.logits)
    else this.#pending?.reject(new Error(`Inference failed: ${answer.error}`))
  }

  /**
   * Copies the pixels to where the thread sees them: memory of their own per request would keep the
   * engine collecting it.
   */
  #hand({ output, images }: EncodeRequest): WorkerRequest {
    const byteCount = images.reduce((sum, { data }) => sum + data.length, 0)
    if (this.#memory.length < byteCount) this.#memory = shareMemory(byteCount)
    let at = 0
    for (const { data } of images) {
      this.#memory.set(data, at)
      at += data.length
    }
    const sizes = images.map(({ width, height }) => ({ width, height }))
    return { output, sizes, pixels: this.#memory.subarray(0, byteCount) }
  }
}

function shareMemory(byteCount: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(byteCount))
}
