/**
 * What a patch costs in windows of different sizes: cutting and inference, one thread each.
 * @io disk
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blockMeans, mapGeometryOf } from '../../src/embedding/logits-map.ts'
import { createEncoder } from '../../src/embedding/onnx.ts'
import { bboxOf } from '../../src/geo/polygon.ts'
import { createGeotiffSource } from '../../src/imagery/geotiff.ts'
import { writeSampleTown } from '../../src/sample/folder.ts'
import type { Rgb8 } from '../../src/types.ts'

/** Sides that are whole strides of 32 px. */
const SIDES_PX = [224, 352, 448, 544, 640, 736, 832, 960, 1280]
const ROUNDS = 5
const signal = new AbortController().signal

/** Prints the table; sizes take turns, the least CPU time of a round counts. */
export async function measureWindows(model: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'whereabouts-bench-'))
  const { orthophoto } = await writeSampleTown(folder, { seed: 1 })
  const source = await createGeotiffSource(
    { kind: 'geotiff', files: [orthophoto], stretch: 'none' },
    '/',
  )
  const dir = fileURLToPath(new URL(`../../models/${model}`, import.meta.url))
  const encoder = await createEncoder(dir, { sessions: 1 })
  const { stridePx, patchCells } = mapGeometryOf(encoder.card)
  const [west, south, east, north] = bboxOf((await source.footprint?.()) ?? missing('outline'))
  const at = { lon: (west + east) / 2, lat: (south + north) / 2 }
  const cut = (px: number) => source.window?.(at, { px, gsd: 0.5 }, signal) ?? missing('windows')
  const infer = async (image: Rgb8) => {
    const map = await (encoder.encodeMap?.(image) ?? missing('logitsmap'))
    return blockMeans(map, patchCells)
  }
  const rounds = new Map(SIDES_PX.map((px): [number, Round[]] => [px, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const px of SIDES_PX) {
      const before = process.cpuUsage()
      const { image } = await cut(px)
      const cutMs = spentMs(before)
      await infer(image)
      // The first round warms up.
      if (round > 0) rounds.get(px)?.push({ cutMs, inferMs: spentMs(before) - cutMs })
    }
  }
  console.log('\n| window, px | patches | cutting, CPU ms/patch | inference, CPU ms/patch | sum |')
  console.log('| --- | --- | --- | --- | --- |')
  for (const [px, list] of rounds) {
    const patches = (px / stridePx - patchCells + 1) ** 2
    const cutMs = Math.min(...list.map((round) => round.cutMs)) / patches
    const inferMs = Math.min(...list.map((round) => round.inferMs)) / patches
    const figures = [cutMs, inferMs, cutMs + inferMs].map((ms) => ms.toFixed(3))
    console.log(`| ${[px, patches, ...figures].join(' | ')} |`)
  }
  await encoder.close()
  await source.close()
  await rm(folder, { recursive: true, force: true })
}

interface Round {
  readonly cutMs: number
  readonly inferMs: number
}

function spentMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function missing(what: string): never {
  throw new Error(`Expected ${what}`)
}
