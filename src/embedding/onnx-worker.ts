/**
 * Inference on a thread of its own: pixels in, logits out. One session for each output that is
 * asked for. A thread, because `session.run` of onnxruntime-node blocks the thread that calls it.
 * @io native, disk
 */
import { readFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { keepOutput } from './onnx-graph.ts'
import { padEarlier } from './onnx-pads.ts'
import { createTensorWriter, fitToCard } from './preprocess.ts'
import type { Rgb8 } from '../types.ts'
import type { ModelCard } from './card.ts'

/** What the thread is started with. */
export interface WorkerSetup {
  readonly card: ModelCard
  readonly onnxPath: string
}

/** Images one after another in `pixels`; for a `logitsmap` one image, of any size. */
export interface WorkerRequest {
  readonly output: 'logits' | 'logitsmap'
  readonly sizes: readonly { readonly width: number; readonly height: number }[]
  /** In memory that both threads share; not touched by the other one until the reply. */
  readonly pixels: Uint8Array
}

/**
 * `float32[n, 365]` or `float32[365, h, w]`, or why there is none. The first message of a thread is
 * an empty one: ready.
 */
export type EncodeReply = { readonly logits: Float32Array } | { readonly error: string }

const { card, onnxPath } = workerData as WorkerSetup
const port = parentPort
if (port === null) throw new Error('Expected to run as a worker thread')

const SESSION = { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1 }

let staging = new Float32Array(0)
const writeTensor = createTensorWriter(card.input)
const sessions = new Map<WorkerRequest['output'], Promise<InferenceSession>>()

/** The session of an output, loaded when it is first asked for. */
function sessionOf(output: WorkerRequest['output']): Promise<InferenceSession> {
  const loading = sessions.get(output) ?? loadSession(output)
  sessions.set(output, loading)
  return loading
}

async function loadSession(output: WorkerRequest['output']): Promise<InferenceSession> {
  const model = await readFile(onnxPath)
  const kept = keepOutput(model, output)
  // One that stays as it is may have weights in other files, which onnxruntime finds from its path
  // alone.
  return kept === model
    ? InferenceSession.create(onnxPath, SESSION)
    : InferenceSession.create(padEarlier(kept), SESSION)
}

/**
 * One by one: what the network works on then stays in the core's cache, which a batch of four would
 * not.
 */
async function readLogits({ sizes, pixels }: WorkerRequest): Promise<Float32Array> {
  const logits = new Float32Array(sizes.length * card.classes)
  let at = 0
  for (const [index, size] of sizes.entries()) {
    const length = size.width * size.height * 3
    const image: Rgb8 = { ...size, data: pixels.subarray(at, at + length) }
    logits.set(await infer('logits', fitToCard(image, card)), index * card.classes)
    at += length
  }
  return logits
}

async function readMap({ sizes, pixels }: WorkerRequest): Promise<Float32Array> {
  const { width = 0, height = 0 } = sizes[0] ?? {}
  return (await infer('logitsmap', { width, height, data: pixels })).slice()
}

/** @returns memory of onnxruntime, which cannot be given away */
async function infer(output: WorkerRequest['output'], image: Rgb8): Promise<Float32Array> {
  const { width, height } = image
  const length = 3 * width * height
  if (staging.length < length) staging = new Float32Array(length)
  writeTensor(image, staging, 0)
  const input = new Tensor('float32', staging.subarray(0, length), [1, 3, height, width])
  const session = await sessionOf(output)
  const outputs = await session.run({ [card.input.name]: input }, [output])
  return outputs[output]?.data as Float32Array
}

function post(reply: EncodeReply): void {
  port?.postMessage(reply, 'logits' in reply ? [reply.logits.buffer as ArrayBuffer] : [])
}

function answer(work: Promise<Float32Array>): void {
  work.then(
    (logits) => post({ logits }),
    (error: unknown) => post({ error: String(error) }),
  )
}

port.on('message', (request: WorkerRequest) =>
  answer(request.output === 'logits' ? readLogits(request) : readMap(request)),
)
answer(sessionOf('logits').then(() => new Float32Array(0)))
