/**
 * One inference session on its own thread: pixels in, logits out. @io native
 * A thread, because `session.run` of onnxruntime-node blocks the thread that calls it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { createTensorWriter, fitToCard } from './preprocess.ts'
import type { Rgb8 } from '../types.ts'
import type { ModelCard } from './card.ts'

/** What the thread is started with. */
export interface WorkerSetup {
  readonly card: ModelCard
  readonly onnxPath: string
  readonly batchSize: number
}

/** Up to `batchSize` images, one after another in `pixels`; for a `logitsmap` one image, of any size. */
export interface WorkerRequest {
  readonly output: 'logits' | 'logitsmap'
  readonly sizes: readonly { readonly width: number; readonly height: number }[]
  /** In memory that both threads share; not touched by the other one until the reply. */
  readonly pixels: Uint8Array
}

/**
 * `float32[n, 365]` or `float32[365, h, w]`, or why there is none. The first message of a thread is an empty
 * one: ready.
 */
export type EncodeReply = { readonly logits: Float32Array } | { readonly error: string }

const { card, onnxPath, batchSize } = workerData as WorkerSetup
const port = parentPort
if (port === null) throw new Error('Expected to run as a worker thread')

const [height, width] = card.size
const imageLength = 3 * height * width
const staging = new Float32Array(batchSize * imageLength)
const writeTensor = createTensorWriter(card.input)
const loading = InferenceSession.create(onnxPath, {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
})

/** Images → one tensor of the card's size. */
function toBatch(request: WorkerRequest): Tensor {
  let at = 0
  request.sizes.forEach((size, index) => {
    const length = size.width * size.height * 3
    const image: Rgb8 = { ...size, data: request.pixels.subarray(at, at + length) }
    writeTensor(fitToCard(image, card), staging, index * imageLength)
    at += length
  })
  const count = request.sizes.length
  const values = staging.subarray(0, count * imageLength)
  return new Tensor('float32', values, [count, 3, height, width])
}

/** One image as it is → a tensor. */
function toWindow({ sizes, pixels }: WorkerRequest): Tensor {
  const { width = 0, height = 0 } = sizes[0] ?? {}
  const values = new Float32Array(3 * width * height)
  writeTensor({ width, height, data: pixels }, values, 0)
  return new Tensor('float32', values, [1, 3, height, width])
}

async function encode(request: WorkerRequest): Promise<Float32Array> {
  const input = request.output === 'logits' ? toBatch(request) : toWindow(request)
  const session = await loading
  const outputs = await session.run({ [card.input.name]: input }, [request.output])
  return (outputs[request.output]?.data as Float32Array).slice()
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

port.on('message', (request: WorkerRequest) => answer(encode(request)))
answer(loading.then(() => new Float32Array(0)))
