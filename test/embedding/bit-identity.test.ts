/**
 * Bare onnxruntime, every committed model: the same image gives the same bits in a batch of any
 * size, at any position in it, on one thread or two, in every output. `onnx.test.ts` says it of the
 * encoder, which fixes batch and threads.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { listModels } from '../../src/embedding/model-files.ts'

const DISTINCT = 4
/** Batches, as indices of the distinct images. */
const BATCHES = [
  [3],
  [2, 1, 0],
  Array.from({ length: 8 }, (_, i) => (i * 3) % DISTINCT),
  Array.from({ length: 32 }, (_, i) => (i * 3 + 1) % DISTINCT),
]
const THREADS = [1, 2]
/** Threads that wait in a loop take the core from the one that they wait for. */
const doNotSpin = { session: { intra_op: { allow_spinning: '0' } } }

/** Smooth noise, as real normalised pixels have it: neighbours are alike. */
function image(seed: number, height: number, width: number): Float32Array {
  const data = new Float32Array(3 * height * width)
  for (let i = 0; i < data.length; i++) {
    const x = i % width
    const y = Math.floor(i / width) % height
    data[i] = 1.5 * Math.sin(x / (3 + seed) + i / 7e4) * Math.cos(y / (5 + seed)) + (i % 17) / 40
  }
  return data
}

interface Batch {
  readonly images: readonly Float32Array[]
  /** `[3, height, width]` */
  readonly shape: readonly number[]
}

/** Each image's bytes of all outputs. */
async function run(
  session: InferenceSession,
  { images, shape }: Batch,
): Promise<readonly Buffer[]> {
  const values = new Float32Array(images.reduce((sum, { length }) => sum + length, 0))
  images.forEach((one, i) => values.set(one, i * one.length))
  const found = await session.run({
    image: new Tensor('float32', values, [images.length, ...shape]),
  })
  return images.map((_, i) =>
    Buffer.concat(
      session.outputNames.map((name) => {
        const data = found[name]?.data as Float32Array
        const length = data.length / images.length
        return Buffer.from(data.slice(i * length, (i + 1) * length).buffer)
      }),
    ),
  )
}

const models = await listModels(fileURLToPath(new URL('../../models/', import.meta.url)))
for (const { dir, card } of models) {
  test(`${card.name}: the same bits in any batch, on 1 and 2 threads`, async () => {
    const shape = [3, ...card.size]
    const images = Array.from({ length: DISTINCT }, (_, i) => image(i, ...card.size))
    const expected: Buffer[] = []
    for (const intraOpNumThreads of THREADS) {
      const options = { intraOpNumThreads, extra: doNotSpin }
      const session = await InferenceSession.create(join(dir, card.file), options)
      expect(session.outputNames.toSorted()).toEqual(Object.keys(card.outputs).toSorted())
      for (const one of expected.length === 0 ? images : []) {
        expected.push(...(await run(session, { images: [one], shape })))
      }
      for (const batch of BATCHES) {
        const chosen = batch.map((index) => images[index]!)
        const found = await run(session, { images: chosen, shape })
        batch.forEach((index, position) => {
          const where = `image ${index} at ${position} of ${batch.length}, ${intraOpNumThreads} threads`
          expect(found[position]!.equals(expected[index]!), where).toBe(true)
        })
      }
      await session.release()
    }
  })
}
