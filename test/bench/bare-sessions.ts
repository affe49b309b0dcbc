/**
 * Bare onnxruntime, the measure of all builds: threads that do nothing but `session.run` on ready
 * tensors.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { ModelFiles } from '../../src/embedding/model-files.ts'
import { keepOutput } from '../../src/embedding/onnx-graph.ts'

/** A way to compute, measured in rounds. */
export interface Layout {
  readonly name: string
  /** Runs for about this long; returns patches (or windows) per second. */
  measure(ms: number): Promise<number>
  close(): Promise<void>
}

/** How the cores are shared out. */
export interface BareLayout {
  readonly sessions: number
  /** Of each session. */
  readonly threads: number
  readonly batch: number
  /** Of the model only what the logits need, as the encoder runs it; absent: the file as it is. */
  readonly isAlone?: boolean
  /** Side of windows, which go through to the map of logits; absent: patches. */
  readonly windowPx?: number
}

/** A thread with one session and one tensor of noise. */
const BARE = `
const { parentPort, workerData } = require('node:worker_threads')
const { InferenceSession, Tensor } = require(workerData.ort)
const { onnx, batch, threads, input, output, height, width } = workerData
const data = Float32Array.from({ length: batch * 3 * height * width }, (_, i) => ((i * 7919) % 256) / 64 - 2)
InferenceSession.create(onnx, { intraOpNumThreads: threads }).then((session) => {
  const feeds = { [input]: new Tensor('float32', data, [batch, 3, height, width]) }
  parentPort.on('message', async (ms) => {
    const start = performance.now()
    let count = 0
    while (performance.now() - start < ms) {
      await session.run(feeds, [output])
      count += batch
    }
    parentPort.postMessage((count * 1000) / (performance.now() - start))
  })
  parentPort.postMessage(0)
})`

/** Starts the sessions of a layout. */
export async function openBare(
  { card, onnxPath }: ModelFiles,
  { sessions, threads, batch, isAlone = false, windowPx }: BareLayout,
): Promise<Layout> {
  const output = windowPx === undefined ? 'logits' : 'logitsmap'
  const onnx = isAlone ? keepOutput(await readFile(onnxPath), output) : onnxPath
  const ort = createRequire(import.meta.url).resolve('onnxruntime-node')
  const [height, width] = windowPx === undefined ? card.size : [windowPx, windowPx]
  const workerData = { ort, onnx, batch, threads, input: card.input.name, output, height, width }
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  const workers = Array.from(
    { length: sessions },
    () => new Worker(BARE, { eval: true, workerData }),
  )
  const answer = async (worker: Worker) => Number(((await once(worker, 'message')) as unknown[])[0])
  await Promise.all(workers.map(answer))
  return {
    name: `bare${isAlone ? ', logits alone' : ''}: ${sessions} sessions × ${threads} threads, batch ${batch}`,
    measure: async (ms) => {
      const answers = workers.map(answer)
      workers.forEach((worker) => worker.postMessage(ms))
      return (await Promise.all(answers)).reduce((a, b) => a + b, 0)
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

/** One measured round. */
export interface Round {
  /** Patches per second. */
  readonly rate: number
  /** CPU time of all threads of the process, ms per patch. */
  readonly cpuMs: number
}

/** Measures a layout for about so long. */
export async function measureRound(layout: Layout, ms: number): Promise<Round> {
  const start = performance.now()
  const before = process.cpuUsage()
  const rate = await layout.measure(ms)
  const { user, system } = process.cpuUsage(before)
  const patchCount = (rate * (performance.now() - start)) / 1000
  return { rate, cpuMs: (user + system) / 1000 / patchCount }
}

/** `0.853` → `85 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}
