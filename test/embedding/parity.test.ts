/**
 * Node's onnxruntime against PyTorch: the same pixels, then the same files with decoding and
 * resampling on both sides. `WHEREABOUTS_PYTHON` names an interpreter with
 * models/train/requirements.txt; `WHEREABOUTS_TRAINED` may name the folder of a run of
 * `whereabouts_train.tiny`, whose networks are then compared with their exports too.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEncoder } from '../../src/embedding/onnx.ts'
import { listModels } from '../../src/embedding/model-files.ts'
import { decodePhoto } from '../../src/image/decode.ts'
import { encodePng } from '../../src/image/encode.ts'
import { cropRgb8, drawnPatches, drawnPhotos } from '../pictures.ts'
import { describeWithPython } from '../shared.ts'
import type { Rgb8 } from '../../src/types.ts'

const run = promisify(execFile)
const COUNT = 100
const modelsDir = fileURLToPath(new URL('../../models/', import.meta.url))
const trainDir = join(modelsDir, 'train')
const trained = process.env['WHEREABOUTS_TRAINED']

interface Case {
  readonly name: string
  readonly dir: string
  readonly view: 'ground' | 'overhead'
  /** `[height, width]` px. */
  readonly size: readonly [number, number]
  /** The network before its export; without it PyTorch runs the exported graph. */
  readonly checkpoint?: string
}

// The tiny pair's answers are known without running it: test/embedding/onnx.test.ts has them.
const cases: Case[] = (await listModels(modelsDir))
  .filter(({ card }) => !card.name.startsWith('tiny/'))
  .map(({ dir, card }) => ({ ...card, dir }))
for (const view of trained === undefined ? [] : (['photo', 'overhead'] as const)) {
  const dir = join(trained ?? '', `tiny-${view}`)
  const checkpoint = join(trained ?? '', `run-${view}`, 'checkpoint.pt')
  const [{ card } = { card: undefined }] = await listModels(dir)
  if (card !== undefined) cases.push({ ...card, dir, checkpoint })
}

async function nodeLogits(dir: string, images: readonly Rgb8[]): Promise<Float32Array> {
  const encoder = await createEncoder(dir, { sessions: 1 })
  try {
    return await encoder.encode(images)
  } finally {
    await encoder.close()
  }
}

function rowsOf(logits: Float32Array): readonly Float32Array[] {
  return Array.from({ length: logits.length / 365 }, (_, i) =>
    logits.subarray(i * 365, (i + 1) * 365),
  )
}

function topFive(logits: Float32Array): string {
  const order = Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0))
  return order
    .slice(0, 5)
    .sort((a, b) => a - b)
    .join()
}

/** PyTorch may have to share the cores. */
const TIMEOUT_MS = 300_000

describeWithPython('Node and PyTorch', { timeout: TIMEOUT_MS }, (python) => {
  let dir = ''
  let photos: readonly Rgb8[] = []
  let patches: readonly Rgb8[] = []
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'whereabouts-parity-'))
    photos = drawnPhotos(COUNT)
    patches = drawnPatches(COUNT, 256)
    await writePictures(join(dir, 'files'), await Promise.all(photos.map(asSentByPhones)))
  }, TIMEOUT_MS)
  afterAll(() => rm(dir, { recursive: true }))

  async function writePictures(folder: string, files: readonly Uint8Array[]): Promise<void> {
    await mkdir(folder, { recursive: true })
    const name = (i: number) => join(folder, String(i).padStart(3, '0'))
    await Promise.all(files.map((bytes, i) => writeFile(name(i), bytes)))
  }

  async function pytorchLogits(model: Case, pictures: string): Promise<Float32Array> {
    const out = join(dir, 'logits.f32')
    const from = model.checkpoint === undefined ? [] : ['--checkpoint', model.checkpoint]
    const options = ['--pictures', join(dir, pictures), '--out', out, ...from]
    await run(python, ['-m', 'whereabouts_train.parity', model.dir, ...options], { cwd: trainDir })
    const bytes = await readFile(out)
    expect(bytes.length).toBe(COUNT * 365 * 4)
    return new Float32Array(new Uint8Array(bytes).buffer)
  }

  for (const model of cases) {
    const { name, view, size } = model
    test(`${name}: the same pixels, logits within 1e-3 on ${COUNT} images`, async () => {
      const [height, width] = size
      const images = (view === 'ground' ? photos : patches).map((image) =>
        cropRgb8(image, { left: 5, top: 9, width, height }),
      )
      const pictures = `${view}-${height}-${width}`
      await writePictures(join(dir, pictures), await Promise.all(images.map(encodePng)))
      const expected = await pytorchLogits(model, pictures)
      const received = await nodeLogits(model.dir, images)
      const worst = received.reduce((m, v, i) => Math.max(m, Math.abs(v - (expected[i] ?? 0))), 0)
      expect(worst).toBeLessThan(1e-3)
    })

    // Patches have no file of their own: sources cut them, already of the card's size.
    if (view === 'overhead') continue
    test(`${name}: the same files, RMS below 0.05 and the same best five in 98 of ${COUNT}`, async () => {
      const expected = await pytorchLogits(model, 'files')
      const images: Rgb8[] = []
      for (const file of (await readdir(join(dir, 'files'))).sort()) {
        images.push((await decodePhoto(await readFile(join(dir, 'files', file)))).image)
      }
      const received = await nodeLogits(model.dir, images)
      const squares = received.reduce((sum, v, i) => sum + (v - (expected[i] ?? 0)) ** 2, 0)
      expect(Math.sqrt(squares / received.length)).toBeLessThan(0.05)
      const theirs = rowsOf(expected).map(topFive)
      const same = rowsOf(received).filter((row, i) => topFive(row) === theirs[i])
      expect(same.length).toBeGreaterThanOrEqual(98)
    })
  }
})

/**
 * What arrives from phones and chats: JPEG of several qualities, some turned by EXIF, WebP, PNG.
 */
async function asSentByPhones({ width, height, data }: Rgb8, index: number): Promise<Uint8Array> {
  const picture = sharp(data, { raw: { width, height, channels: 3 } })
  if (index % 10 === 8) return picture.webp({ quality: 80 }).toBuffer()
  if (index % 10 === 9) return picture.png().toBuffer()
  const turned = index % 10 === 7 ? picture.withMetadata({ orientation: 6 }) : picture
  const chromaSubsampling = index % 4 === 0 ? '4:4:4' : '4:2:0'
  return turned.jpeg({ quality: 60 + (index % 36), chromaSubsampling }).toBuffer()
}
