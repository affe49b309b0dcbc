/**
 * Patches per second: our encoder (pixels in, logits out) and the whole build of a region on
 * PGlite, against bare onnxruntime on ready tensors. The model file has more outputs than logits,
 * and onnxruntime computes them all; the encoder does not. So there is a second bare onnxruntime,
 * on what the encoder makes of the file.
 *     npm run bench:build -- [model] [seconds per layout] [part of a place's name: builds only it]
 * Layouts take turns in short rounds, so that a busy machine troubles all of them alike; the best
 * round counts. CPU time per patch beside it does not depend on what else the machine does.
 */
import { existsSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { OPTIONS } from '../../src/config.ts'
import { createEncoder } from '../../src/embedding/onnx.ts'
import { readModel } from '../../src/embedding/model-files.ts'
import type { Rgb8 } from '../../src/types.ts'
import { sharedPath } from '../shared.ts'
import { measureRound, openBare, percent, type Layout, type Round } from './bare-sessions.ts'
import { buildBeside, COLUMNS, tableRow } from './beside-bare.ts'
import { openWholeBuild } from './whole-build.ts'

const [name = OPTIONS.overheadModel.default, seconds = '6', only = ''] = process.argv.slice(2)
const ROUNDS = 5
const modelDir = fileURLToPath(new URL(`../../models/${name}`, import.meta.url))
const model = await readModel(modelDir)
const { card } = model
const [height, width] = card.size
const cores = availableParallelism()

async function ours(sessions: number): Promise<Layout> {
  const encoder = await createEncoder(modelDir, { sessions })
  const data = Uint8Array.from({ length: 3 * height * width }, (_, i) => (i * 7919) % 256)
  const images: Rgb8[] = Array.from({ length: 8 * sessions }, () => ({ width, height, data }))
  return {
    name: `createEncoder: ${sessions} sessions`,
    measure: async (ms) => {
      const start = performance.now()
      let count = 0
      const callAgainAndAgain = async () => {
        while (performance.now() - start < ms) {
          await encoder.encode(images)
          count += images.length
        }
      }
      // Two callers, so that no session waits for the slower one at the end of a call.
      await Promise.all([callAgainAndAgain(), callAgainAndAgain()])
      return (count * 1000) / (performance.now() - start)
    },
    close: () => encoder.close(),
  }
}

const layouts = [
  await ours(cores),
  ...(await Promise.all(
    [1, 8, 32].flatMap((batch) => [
      openBare(model, { sessions: cores, threads: 1, batch }),
      openBare(model, { sessions: 1, threads: cores, batch }),
      openBare(model, { sessions: cores, threads: 1, batch, isAlone: true }),
    ]),
  )),
]
const rounds = new Map(layouts.map((layout): [Layout, Round[]] => [layout, []]))
for (const layout of layouts) await layout.measure(300)
for (let round = 0; round < ROUNDS; round++) {
  for (const layout of layouts) {
    rounds.get(layout)?.push(await measureRound(layout, (Number(seconds) * 1000) / ROUNDS))
  }
}

const machine = `${cpus()[0]?.model} × ${cores}, load ${loadavg()[0]?.toFixed(1)}, ${process.version}`
console.log(`${card.name}, ${width} × ${height} px · ${machine}`)
console.log('| layout | best, patches/s | mean ± std | least CPU, ms/patch |')
console.log('| --- | --- | --- | --- |')
const results = [...rounds].map(([layout, list]) => {
  const rates = list.map(({ rate }) => rate)
  const mean = rates.reduce((a, b) => a + b, 0) / rates.length
  const std = Math.sqrt(rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length)
  const best = Math.max(...rates)
  const cpuMs = Math.min(...list.map((round) => round.cpuMs))
  const spread = `${mean.toFixed(1)} ± ${std.toFixed(1)}`
  console.log(`| ${layout.name} | ${best.toFixed(1)} | ${spread} | ${cpuMs.toFixed(2)} |`)
  return { best, cpuMs }
})
const [mine, ...others] = results
const isAlone = (index: number) => layouts[index + 1]?.name.includes('alone') === true
for (const alone of [false, true]) {
  const those = others.filter((_, index) => isAlone(index) === alone)
  const byTime = (mine?.best ?? 0) / Math.max(...those.map(({ best }) => best))
  const byCpu = Math.min(...those.map(({ cpuMs }) => cpuMs)) / (mine?.cpuMs ?? 0)
  const name = alone ? 'bare, logits alone' : 'bare'
  console.log(`createEncoder / best ${name}: ${percent(byTime)} by time, ${percent(byCpu)} by CPU`)
}

/**
 * Whole builds take turns with the fastest bare layouts; each is compared with their rounds before
 * and after.
 */
const WHOLE_ROUNDS = 2
function fastest(alone: boolean): Layout {
  const rates = others.map(({ best }, index) => (isAlone(index) === alone ? best : 0))
  return layouts[1 + rates.indexOf(Math.max(...rates))] as Layout
}
const [bare, alone] = [fastest(false), fastest(true)]
const whole = await openWholeBuild(name)
const vegas = sharedPath('data/imagery/vegas-0.3m-rgba-4326.tif')
const places = [
  await whole.town(),
  ...(existsSync(vegas)
    ? [
        {
          name: 'Vegas, 0.3 m/px, EPSG:4326',
          imagery: { kind: 'geotiff', files: [vegas] },
          stepM: 4,
        },
      ]
    : []),
]
console.log(
  `\nload ${loadavg()[0]?.toFixed(1)}; "${bare.name}" and "${alone.name}" just before and after`,
)
const heads = ['whole build', 'patches', ...COLUMNS]
console.log(tableRow(heads))
console.log(tableRow(heads.map(() => '---')))
for (let round = 0; round < WHOLE_ROUNDS; round++) {
  for (const place of places.filter((some) => some.name.includes(only))) {
    const beside = { bare, alone, whole }
    const { patchCount, columns } = await buildBeside(beside, place, Number(seconds) * 500)
    console.log(tableRow([place.name, patchCount, ...columns]))
  }
}
await whole.close()
await Promise.all(layouts.map((layout) => layout.close()))
