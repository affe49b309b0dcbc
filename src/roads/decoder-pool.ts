/** Spreads the jobs of a reader over worker threads. @io native */
import { Worker } from 'node:worker_threads'
import {
  ExtractDecoder,
  type DecoderSetup,
  type Job,
  type JobResults,
  type SharedNodes,
} from './extract-decoder.ts'
import { ExtractFaultError, type ExtractFault } from './pbf-errors.ts'

/** Decoders of one extract, on this thread or on others. */
export interface Decoders {
  /** Jobs worth giving out before the first is done. */
  readonly jobsAtOnce: number
  /** Tells every decoder which nodes are needed; comes before jobs for nodes and roads. */
  share(nodes: SharedNodes): Promise<void>
  run<J extends Job>(job: J): Promise<JobResults[J['kind']]>
  close(): Promise<void>
}

/** A job as a worker gets it, and its answer. */
export interface Order {
  readonly number: number
  readonly job: Job | SharedNodes
}
export type Answer =
  | { readonly number: number; readonly result: Result | undefined }
  | { readonly number: number; readonly fault: ExtractFault }

/** Decodes on the spot: for files so small that starting a thread takes longer. */
export function decodeHere(setup: DecoderSetup): Decoders {
  const decoder = new ExtractDecoder(setup)
  return {
    jobsAtOnce: 1,
    share: async (nodes) => decoder.share(nodes),
    run: async <J extends Job>(job: J) => decoder.run(job) as JobResults[J['kind']],
    close: async () => decoder.close(),
  }
}

/** Starts `threads` workers. */
export function startDecoders(setup: DecoderSetup, threads: number): Decoders {
  const workers = Array.from({ length: threads }, () => new DecoderThread(setup))
  return {
    jobsAtOnce: 2 * threads,
    share: async (nodes) => {
      await Promise.all(workers.map((worker) => worker.run(nodes)))
    },
    run: async <J extends Job>(job: J) =>
      (await leastBusy(workers).run(job)) as JobResults[J['kind']],
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}

function leastBusy(workers: readonly DecoderThread[]): DecoderThread {
  return workers.reduce((best, worker) => (worker.waiting < best.waiting ? worker : best))
}

type Result = JobResults[Job['kind']]

interface Waiting {
  readonly resolve: (result: Result | undefined) => void
  readonly reject: (reason: unknown) => void
}

class DecoderThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #count = 0

  constructor(setup: DecoderSetup) {
    this.#worker = startWorker(setup)
    this.#worker.on('message', (answer: Answer) => this.#settle(answer))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('Decoder thread ended')))
  }

  get waiting(): number {
    return this.#waiting.size
  }

  run(job: Order['job']): Promise<Result | undefined> {
    return new Promise((resolve, reject) => {
      const number = this.#count++
      this.#waiting.set(number, { resolve, reject })
      this.#worker.postMessage({ number, job } satisfies Order, buffersIn(job))
    })
  }

  async close(): Promise<void> {
    this.#waiting.clear()
    await this.#worker.terminate()
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.number)
    this.#waiting.delete(answer.number)
    if ('result' in answer) waiting?.resolve(answer.result)
    else {
      const { code, message, hint } = answer.fault
      waiting?.reject(new ExtractFaultError(code, message, hint))
    }
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/** Buffers that may change hands instead of being copied. */
export function buffersIn(value: object | undefined): ArrayBuffer[] {
  return Object.values(value ?? {}).flatMap((part: unknown) => {
    if (ArrayBuffer.isView(part)) return part.buffer instanceof ArrayBuffer ? [part.buffer] : []
    return typeof part === 'object' && part !== null ? buffersIn(part) : []
  })
}

/**
 * The worker lies beside this file. Built, it is JavaScript; in the sources it is TypeScript, which Node 20 reads only
 * through a loader, and in a worker only when the worker itself registers it.
 */
function startWorker(setup: DecoderSetup): Worker {
  if (import.meta.url.endsWith('.js'))
    return new Worker(new URL('./decoder-worker.js', import.meta.url), { workerData: setup })
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const entry = JSON.stringify(new URL('./decoder-worker.ts', import.meta.url).href)
  const code = `import(${loader}).then(({ register }) => { register(); return import(${entry}) })`
  return new Worker(code, { eval: true, workerData: setup })
}
