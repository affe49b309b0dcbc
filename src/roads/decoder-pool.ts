/** Runs the phases of reading on this thread and on worker threads at once. @io native */
import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { startWorkerWith } from '../worker-thread.ts'
import type { BlobPlace } from './blob-index.ts'
import {
  ExtractDecoder,
  type BlockKinds,
  type DecoderSetup,
  type Phase,
  type PhaseResults,
} from './extract-decoder.ts'
import { ExtractFaultError, type ExtractFault } from './pbf-errors.ts'

/** What a worker answers. */
export type Answer =
  { readonly result: PhaseResults[Phase['kind']] } | { readonly fault: ExtractFault }

/**
 * Decoders of one extract. One of them is this thread itself, which lets others in after every
 * blob: a worker more in its place would cost a start and a compilation of its own, 0.2 s on two
 * cores.
 */
export class Decoders {
  readonly #here: ExtractDecoder
  readonly #workers: readonly DecoderThread[]
  readonly #onStep: () => void
  #isClosed = false

  /**
   * @param threads  this one included; `onStep` is called as work goes on and may throw to end it
   */
  constructor(setup: DecoderSetup, options: { threads: number; onStep: () => void }) {
    this.#here = new ExtractDecoder(setup)
    this.#workers = Array.from({ length: options.threads - 1 }, () => new DecoderThread(setup))
    this.#onStep = options.onStep
  }

  /** Looks into one blob. */
  kindsOf(blob: BlobPlace): BlockKinds {
    return this.#here.kindsOf(blob)
  }

  /** Has all decoders do their share; @returns what each gave */
  run<P extends Phase>(phase: P): Promise<PhaseResults[P['kind']][]> {
    const shares = this.#workers.map((worker) => worker.run(phase))
    return Promise.all([...shares, this.#runHere(phase)]) as Promise<PhaseResults[P['kind']][]>
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#here.close()
    await Promise.all(this.#workers.map((worker) => worker.close()))
  }

  async #runHere(phase: Phase): Promise<PhaseResults[Phase['kind']]> {
    const steps = this.#here.work(phase)
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value
      this.#onStep()
      await setImmediate()
      if (this.#isClosed) throw new Error('Decoders were closed')
    }
  }
}

interface Waiting {
  readonly resolve: (result: PhaseResults[Phase['kind']]) => void
  readonly reject: (reason: unknown) => void
}

/**
 * A block's bytes lie outside of the heap and are let go when V8 clears its nursery: a small one
 * fills, and is cleared, often.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 3 }

class DecoderThread {
  readonly #worker: Worker
  #waiting: Waiting | null = null
  #failure: unknown

  constructor(setup: DecoderSetup) {
    this.#worker = startWorkerWith(import.meta.url, 'decoder-worker', {
      workerData: setup,
      resourceLimits: RESOURCE_LIMITS,
    })
    this.#worker.on('message', (answer: Answer) => this.#settle(answer))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('Decoder thread ended')))
  }

  run(phase: Phase): Promise<PhaseResults[Phase['kind']]> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      if (this.#failure !== undefined) this.#fail(this.#failure)
      else this.#worker.postMessage(phase)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting
    this.#waiting = null
    if ('result' in answer) waiting?.resolve(answer.result)
    else {
      const { code, message, hint } = answer.fault
      waiting?.reject(new ExtractFaultError(code, message, hint))
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#waiting?.reject(error)
    this.#waiting = null
  }
}

/** Buffers that may change hands instead of being copied. */
export function buffersIn(value: object): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : []
  return Object.values(value).flatMap((part: unknown) =>
    typeof part === 'object' && part !== null ? buffersIn(part) : [],
  )
}
