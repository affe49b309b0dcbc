import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Encoder } from '../../src/embedding/encoder.ts'
import { listModels } from '../../src/embedding/model-files.ts'
import { createEncoder } from '../../src/embedding/onnx.ts'
import { softmaxTop } from '../../src/embedding/vector.ts'
import { resizeBicubic } from '../../src/image/resize.ts'
import type { Rgb8 } from '../../src/types.ts'

const pathOf = (name: string) => fileURLToPath(new URL(`../../models/${name}`, import.meta.url))
const NAMES = (await listModels(pathOf(''))).map(({ card }) => card.name)

/** The pattern of the cards: (7x + 13y + 29c) mod 256. */
function pattern(width: number, height: number): Rgb8 {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return (7 * (pixel % width) + 13 * Math.floor(pixel / width) + 29 * (i % 3)) % 256
  })
  return { width, height, data }
}

function noise(seed: number, width: number, height: number): Rgb8 {
  let state = seed
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    if (i % 3 === 0) state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[i] = (state >>> 24) ^ ((i % 3) << 4)
  }
  return { width, height, data }
}

function flat(width: number, height: number, rgb: readonly number[]): Rgb8 {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) data[i] = rgb[i % 3]!
  return { width, height, data }
}

for (const name of NAMES) {
  describe(name, () => {
    const encoders: Encoder[] = []
    beforeAll(async () => {
      encoders.push(await createEncoder(pathOf(name), { sessions: 1 }))
      encoders.push(await createEncoder(pathOf(name), { sessions: 2 }))
    })
    afterAll(() => Promise.all(encoders.map((encoder) => encoder.close())))

    test('answers the pattern as its maker did', async () => {
      const [encoder] = encoders
      const { size, parity } = encoder!.card
      const logits = await encoder!.encode([pattern(size[1], size[0])])
      expect(logits).toHaveLength(365)
      parity.logits_first_8.forEach((value, c) => expect(logits[c]).toBeCloseTo(value, 3))
    })

    test('gives the same bits in any company, at any position, on any number of sessions', async () => {
      const [single, pooled] = encoders
      const [height, width] = single!.card.size
      // Full batches and a rest of one; the pool splits them over its threads.
      const images = Array.from({ length: 9 }, (_, i) => noise(i % 4, width, height))
      const alone = await Promise.all(images.slice(0, 4).map((image) => single!.encode([image])))
      const together = await single!.encode(images)
      const spread = await pooled!.encode(images)
      const shuffled = await pooled!.encode(images.toReversed())
      images.forEach((_, i) => {
        const expected = Buffer.from(alone[i % 4]!.buffer)
        const row = (all: Float32Array, at: number) =>
          Buffer.from(all.slice(at * 365, (at + 1) * 365).buffer)
        expect(row(together, i).equals(expected), `image ${i} in a batch`).toBe(true)
        expect(row(spread, i).equals(expected), `image ${i} on two sessions`).toBe(true)
        expect(row(shuffled, 8 - i).equals(expected), `image ${i} in reverse`).toBe(true)
      })
    })

    test('leaves its input alone and answers nothing with nothing', async () => {
      const [encoder] = encoders
      const [height, width] = encoder!.card.size
      const image = noise(1, width, height)
      const before = image.data.slice()
      await encoder!.encode([image])
      expect(Buffer.from(image.data).equals(before)).toBe(true)
      expect(await encoder!.encode([])).toHaveLength(0)
    })
  })
}

describe('the tiny pair', () => {
  let ground: Encoder
  let overhead: Encoder
  beforeAll(async () => {
    ground = await createEncoder(pathOf('tiny/photo'), { sessions: 1 })
    overhead = await createEncoder(pathOf('tiny/overhead'), { sessions: 1 })
  })
  afterAll(() => Promise.all([ground.close(), overhead.close()]))

  const materials: { rgb: number[]; scenes: string[] }[] = [
    { rgb: [40, 90, 150], scenes: ['harbor', 'ocean', 'lake/natural'] },
    { rgb: [40, 80, 35], scenes: ['forest/broadleaf', 'rainforest', 'forest_path'] },
    { rgb: [140, 180, 80], scenes: ['field/cultivated', 'pasture', 'lawn'] },
    { rgb: [222, 196, 140], scenes: ['desert/sand', 'beach', 'badlands'] },
    { rgb: [110, 110, 112], scenes: ['parking_lot', 'highway', 'street'] },
    { rgb: [165, 80, 60], scenes: ['residential_neighborhood', 'house', 'village'] },
    { rgb: [205, 205, 200], scenes: ['downtown', 'industrial_area', 'office_building'] },
    { rgb: [60, 160, 60], scenes: ['stadium/soccer', 'soccer_field', 'football_field'] },
  ]
  for (const { rgb, scenes } of materials) {
    test(`shows ${scenes[0]} in rgb(${rgb.join(', ')}), the same from both views`, async () => {
      const photo = await ground.encode([flat(300, 200, rgb)])
      const patch = await overhead.encode([flat(224, 224, rgb)])
      expect(softmaxTop(photo, 3).map(({ scene }) => scene)).toEqual(scenes)
      patch.forEach((value, c) => expect(value).toBeCloseTo(photo[c]!, 4))
    })
  }

  test('half water and half asphalt has the mean of both logits', async () => {
    const [water, asphalt] = [flat(224, 224, [40, 90, 150]), flat(224, 224, [110, 110, 112])]
    const half = { ...water, data: water.data.slice() }
    half.data.set(asphalt.data.subarray(0, asphalt.data.length / 2))
    const logits = await overhead.encode([water, asphalt, half])
    for (let c = 0; c < 365; c++) {
      expect(logits[730 + c]).toBeCloseTo((logits[c]! + logits[365 + c]!) / 2, 4)
    }
  })

  test('a photo of any size is squashed to the card by the bicubic of the card', async () => {
    const photo = noise(5, 333, 151)
    const [height, width] = ground.card.size
    const logits = await ground.encode([photo, resizeBicubic(photo, width, height)])
    expect(logits.slice(0, 365)).toEqual(logits.slice(365))
  })

  test('photos of different sizes share a batch, many calls share the sessions', async () => {
    const photos = [noise(1, 50, 60), noise(2, 200, 10), noise(3, 96, 64)]
    const together = await ground.encode(photos)
    const apart = await Promise.all(photos.map((photo) => ground.encode([photo])))
    apart.forEach((logits, i) => expect(together.slice(i * 365, (i + 1) * 365)).toEqual(logits))
  })

  test('a patch of another size is refused: patches are never rescaled', async () => {
    await expect(overhead.encode([flat(256, 256, [1, 2, 3])])).rejects.toMatchObject({
      code: 'patch-size',
    })
  })

  test('pixels that do not fit their size are refused', async () => {
    const broken = { width: 10, height: 10, data: new Uint8Array(299) }
    await expect(ground.encode([broken])).rejects.toMatchObject({ code: 'image-shape' })
  })

  test('the runtime names what computed the logits', () => {
    expect(ground.runtime.executionProvider).toBe('cpu')
    const cpuinfo = readFileSync('/proc/cpuinfo', 'utf8')
    expect(cpuinfo).toContain(ground.runtime.instructionSet)
  })
})

test('a view into a larger buffer is encoded as the view', async () => {
  const encoder = await createEncoder(pathOf('tiny/overhead'), { sessions: 1 })
  const image = noise(9, 224, 224)
  const large = new Uint8Array(image.data.length + 100)
  large.set(image.data, 50)
  const view = { ...image, data: large.subarray(50, 50 + image.data.length) }
  const logits = await encoder.encode([image, view])
  expect(logits.slice(0, 365)).toEqual(logits.slice(365))
  await encoder.close()
})

test('a closed encoder rejects instead of waiting, also what was under way', async () => {
  const encoder = await createEncoder(pathOf('tiny/overhead'), { sessions: 1 })
  const many = encoder.encode(Array.from({ length: 40 }, () => noise(1, 224, 224)))
  const closing = encoder.close()
  await expect(many).rejects.toThrow(/closed|ended/)
  await closing
  await expect(encoder.encode([noise(1, 224, 224)])).rejects.toThrow(/closed/)
})

test('a file that is no network is an error of the load', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'whereabouts-onnx-'))
  const card = JSON.parse(readFileSync(join(pathOf('tiny/photo'), 'model.json'), 'utf8')) as object
  const bytes = Buffer.from('no network')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await writeFile(join(dir, 'model.onnx'), bytes)
  await writeFile(join(dir, 'model.json'), JSON.stringify({ ...card, bytes: 10, sha256 }))
  await expect(createEncoder(dir, { sessions: 2 })).rejects.toThrow(/Inference failed/)
  await rm(dir, { recursive: true })
})
