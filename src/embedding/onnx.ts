/**
 * Model folder → encoder: inference sessions on worker threads, one intra-op thread each. Same bits
 * whatever the batch, the position in it and the number of sessions (tested for every model).
 * @io native, disk
 */
import { readFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { InputError } from '../errors.ts'
import type { Rgb8 } from '../types.ts'
import type { ModelCard } from './card.ts'
import type { Encoder } from './encoder.ts'
import { instructionSetOf } from './instruction-set.ts'
import type { LogitsMap } from './logits-map.ts'
import { readModel } from './model-files.ts'
import { readPrototype } from './prototypes.ts'
import { createSessionPool, type SessionPool } from './session-pool.ts'

/** Images handed to a thread at a time: more would keep the others waiting at the end of a call. */
const IMAGES_PER_REQUEST = 4

/**
 * Loads a model, verifies it and starts its sessions.
 * @param options.sessions  worker threads, best one per core
 * @throws {NotFoundError|ConfigError|BadDataError} as `readModel`
 */
export async function createEncoder(
  modelDir: string,
  options: { readonly sessions: number },
): Promise<Encoder> {
  const { card, onnxPath, prototypesPath } = await readModel(modelDir)
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const setup = { card, onnxPath }
  const pool = await createSessionPool(setup, options.sessions)
  return {
    card,
    runtime: { executionProvider: 'cpu', instructionSet: instructionSetOf(cpuinfo, arch()) },
    encode: async (images) => {
      images.forEach((image) => checkImage(image, card))
      const runs = chunk(images).map((some) => pool.run({ output: 'logits', images: some }))
      const parts = await Promise.all(runs)
      return concat(parts, images.length * card.classes)
    },
    ...('logitsmap' in card.outputs && {
      encodeMap: (image: Rgb8) => encodeMap({ card, pool }, image),
    }),
    ...(prototypesPath !== undefined && {
      prototype: (index: number) => readPrototype(prototypesPath, index),
    }),
    close: () => pool.close(),
  }
}

async function encodeMap(
  { card, pool }: { readonly card: ModelCard; readonly pool: SessionPool },
  image: Rgb8,
): Promise<LogitsMap> {
  checkShape(image)
  const { stride = 1 } = card
  const [width, height] = [image.width / stride, image.height / stride]
  if (!Number.isInteger(width) || !Number.isInteger(height)) {
    throw new InputError(
      'window-size',
      `Expected whole strides of ${stride} px for window, got ${image.width} × ${image.height} px`,
    )
  }
  const logits = await pool.run({ output: 'logitsmap', images: [image] })
  return { logits, width, height }
}

function checkShape({ width, height, data }: Rgb8): void {
  if (width >= 1 && height >= 1 && data.length === width * height * 3) return
  throw new InputError(
    'image-shape',
    `Expected rgb8[${height}, ${width}, 3] for image, got ${data.length} bytes`,
  )
}

function checkImage(image: Rgb8, card: ModelCard): void {
  checkShape(image)
  const { width, height } = image
  const [cardHeight, cardWidth] = card.size
  if (card.view === 'overhead' && (width !== cardWidth || height !== cardHeight)) {
    throw new InputError(
      'patch-size',
      `Expected ${cardWidth} × ${cardHeight} px for patch, got ${width} × ${height}`,
      { hint: `cut patches at the model's ${card.gsd ?? ''} m/px; they are never rescaled` },
    )
  }
}

function chunk(images: readonly Rgb8[]): readonly (readonly Rgb8[])[] {
  return Array.from({ length: Math.ceil(images.length / IMAGES_PER_REQUEST) }, (_, i) =>
    images.slice(i * IMAGES_PER_REQUEST, (i + 1) * IMAGES_PER_REQUEST),
  )
}

function concat(parts: readonly Float32Array[], length: number): Float32Array {
  const all = new Float32Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
