/** Assembles src/image/warp-kernel.wat into src/image/warp-kernel-bytes.ts. @io disk */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import createWabt from 'wabt'

const imageDir = new URL('../src/image/', import.meta.url)

/** The text of warp-kernel-bytes.ts, from the source beside it. */
export async function assembleWarpKernel(): Promise<string> {
  const wabt = await createWabt()
  const source = await readFile(new URL('warp-kernel.wat', imageDir), 'utf8')
  const parsed = wabt.parseWat('warp-kernel.wat', source)
  parsed.validate()
  const base64 = Buffer.from(parsed.toBinary({}).buffer).toString('base64')
  const lines = base64.match(/.{1,88}/g) ?? []
  return [
    '/** Made from warp-kernel.wat by scripts/make-warp-kernel.ts: not to be edited. */',
    'export const WARP_KERNEL_BASE64 = [',
    ...lines.map((line) => `  '${line}',`),
    `].join('')`,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('warp-kernel-bytes.ts', imageDir), await assembleWarpKernel())
}
