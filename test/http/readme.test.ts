import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FeatureCollection } from 'geojson'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { writeSampleTown } from '../../src/sample/folder.ts'
import { readAddress, root, start } from '../fixtures/program.ts'

const tiny = ['--models-dir', `${root}models/tiny`]
const models = [...tiny, '--photo-model', 'photo', '--overhead-model', 'overhead']
const needed = ['bash', 'curl', 'jq', 'grep']
const missing = needed.filter((program) => !isThere(program))
if (missing.length > 0) {
  const line = `README's lines over HTTP need ${missing.join(', ')}`
  if (process.env['CI'] !== undefined) throw new Error(`${line}, missing here`)
  process.stderr.write(`skipped, ${line}\n`)
}

function isThere(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The blocks of shell lines under a heading of the README. */
async function readBlocks(heading: string): Promise<string[]> {
  const readme = await readFile(`${root}README.md`, 'utf8')
  const section = readme.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, lines = '']) => lines)
}

describe.skipIf(missing.length > 0)("README's lines over HTTP", () => {
  test('make a region of the demo town, and a GeoJSON, a PNG and a GeoTIFF of where a photo was taken', async () => {
    const [server = '', asked = ''] = await readBlocks('Over HTTP')
    const serve = /^npx whereabouts (serve [^#\n]*)/m.exec(server)?.[1]?.trim().split(/ +/) ?? []
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'whereabouts-readme-')))
    // The demo's folder, smaller.
    const town = { seed: 1, sizeM: 300, photos: ['harbour'] }
    await writeSampleTown(join(folder, 'demo-output/town'), town)
    const settings = ['--port', '0', '--threads', '1', ...models]
    const running = start('src/cli/main.ts', [...serve, ...settings], folder)
    try {
      const address = await readAddress(running)
      expect(asked).toContain('http://127.0.0.1:8080/')
      const lines = asked.replaceAll('http://127.0.0.1:8080', address)
      await promisify(execFile)('bash', ['-euc', lines], { cwd: folder })

      const cells = JSON.parse(
        await readFile(join(folder, 'heat.geojson'), 'utf8'),
      ) as FeatureCollection
      expect(cells.features.length).toBeGreaterThan(10)
      expect(await sharp(join(folder, 'heat.png')).metadata()).toMatchObject({ format: 'png' })
      expect(await sharp(join(folder, 'heat.tif')).metadata()).toMatchObject({
        format: 'tiff',
        depth: 'float',
      })
    } finally {
      running.child.kill('SIGTERM')
      await running.ended
      await rm(folder, { recursive: true })
    }
  }, 180_000)
})
