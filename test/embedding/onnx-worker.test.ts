/** How the thread loads models, and what it leaves behind. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEncoder } from '../../src/embedding/onnx.ts'
import { makeOnnx } from './made-onnx.ts'

const tiny = fileURLToPath(new URL('../../models/tiny/overhead', import.meta.url))
const source = new URL('../../src/embedding/onnx.ts', import.meta.url).href
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-onnx-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a model whose weights lie in a file beside it is loaded with them', async () => {
  const logits = Float32Array.from({ length: 365 }, (_, i) => i / 7)
  const model = makeOnnx({
    inputs: [{ name: 'image', shape: [1, 3, 224, 224] }],
    weights: [{ name: 'w', shape: [1, 365], file: 'weights.bin' }],
    outputs: { logits: 'w' },
  })
  const card = JSON.parse(await readFile(join(tiny, 'model.json'), 'utf8')) as object
  const sha256 = createHash('sha256').update(model).digest('hex')
  await writeFile(join(folder, 'weights.bin'), new Uint8Array(logits.buffer))
  await writeFile(join(folder, 'model.onnx'), model)
  await writeFile(
    join(folder, 'model.json'),
    JSON.stringify({ ...card, file: 'model.onnx', bytes: model.length, sha256 }),
  )
  const encoder = await createEncoder(folder, { sessions: 1 })
  const image = { width: 224, height: 224, data: new Uint8Array(3 * 224 * 224) }
  expect(await encoder.encode([image]).finally(() => encoder.close())).toEqual(logits)
})

test('onnxruntime reports nothing of its use, and leaves no files', async () => {
  const temporary = await mkdtemp(join(folder, 'temporary-'))
  const code = `import { createEncoder } from ${JSON.stringify(source)}
    const encoder = await createEncoder(${JSON.stringify(tiny)}, { sessions: 1 })
    await encoder.close()`
  const env = { ...process.env, TMPDIR: temporary, TSX_DISABLE_CACHE: '1' }
  Reflect.deleteProperty(env, 'ORT_DISABLE_TELEMETRY')
  const script = join(folder, 'load.mjs')
  await writeFile(script, code)
  await promisify(execFile)(process.execPath, ['--import', 'tsx', script], { env })
  const left = (await readdir(temporary)).filter((name) => !name.startsWith('tsx-'))
  expect(left).toEqual([])
})
