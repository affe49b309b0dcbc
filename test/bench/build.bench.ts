/**
 * Patches per second: our encoder (pixels in, logits out) and the whole build of a region on PGlite, against
 * bare onnxruntime on ready tensors.
 *     npm run bench:build -- [model] [seconds per layout]
 * Layouts take turns in short rounds, so that a busy machine troubles all of them alike; the best round counts.
 * CPU time per patch beside it does not depend on what else the machine does.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { createEncoder } from '../../src/embedding/onnx.ts'
import { readModel } from '../../src/embedding/model-files.ts'
import type { Rgb8 } from '../../src/types.ts'
import { sharedPath } from '../shared.ts'
import { openWholeBuild } from './whole-build.ts'

const [name = 'overhead-mobilenetv2', seconds = '6'] = process.argv.slice(2)
const ROUNDS = 6
const modelDir = fileURLToPath(new URL(`../../models/${name}`, import.meta.url))
const { card, onnxPath } = await readModel(modelDir)
const [height, width] = card.size
const cores = availableParallelism()

interface Layout {
  readonly name: string
  /** Runs for about this long; returns patches per second. */
  measure(ms: number): Promise<number>
  close(): Promise<void>
}

/** A thread that does nothing but `session.run` on one tensor of noise. */
const BARE = `
const { parentPort, workerData } = require('node:worker_threads')
const { InferenceSession, Tensor } = require(workerData.ort)
const { onnxPath, batch, threads, input, height, width } = workerData
const data = Float32Array.from({ length: batch * 3 * height * width }, (_, i) => ((i * 7919) % 256) / 64 - 2)
InferenceSession.create(onnxPath, { intraOpNumThreads: threads }).then((session) => {
  const feeds = { [input]: new Tensor('float32', data, [batch, 3, height, width]) }
  parentPort.on('message', async (ms) => {
    const start = performance.now()
    let count = 0
    while (performance.now() - start < ms) {
      await session.run(feeds, ['logits'])
      count += batch
    }
    parentPort.postMessage((count * 1000) / (performance.now() - start))
  })
  parentPort.postMessage(0)
})`

async function bare(sessions: number, threads: number, batch: number): Promise<Layout> {
  const ort = createRequire(import.meta.url).resolve('onnxruntime-node')
  const workerData = { ort, onnxPath, batch, threads, input: card.input.name, height, width }
  const workers = Array.from(
    { length: sessions },
    () => new Worker(BARE, { eval: true, workerData }),
  )
  const answer = (worker: Worker) =>
    new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await Promise.all(workers.map(answer))
  return {
    name: `bare: ${sessions} sessions × ${threads} threads, batch ${batch}`,
    measure: async (ms) => {
      const answers = workers.map(answer)
      workers.forEach((worker) => worker.postMessage(ms))
      return (await Promise.all(answers)).reduce((a, b) => a + b, 0)
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

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
    [1, 8, 32].flatMap((batch) => [bare(cores, 1, batch), bare(1, cores, batch)]),
  )),
]
interface Round {
  readonly rate: number
  readonly cpuMs: number
}

async function measure(layout: Layout, ms: number): Promise<Round> {
  const start = performance.now()
  const before = process.cpuUsage()
  const rate = await layout.measure(ms)
  const { user, system } = process.cpuUsage(before)
  const patchCount = (rate * (performance.now() - start)) / 1000
  return { rate, cpuMs: (user + system) / 1000 / patchCount }
}

const rounds = new Map(layouts.map((layout): [Layout, Round[]] => [layout, []]))
for (const layout of layouts) await layout.measure(300)
for (let round = 0; round < ROUNDS; round++) {
  for (const layout of layouts) {
    rounds.get(layout)?.push(await measure(layout, (Number(seconds) * 1000) / ROUNDS))
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
const byTime = (mine?.best ?? 0) / Math.max(...others.map(({ best }) => best))
const byCpu = Math.min(...others.map(({ cpuMs }) => cpuMs)) / (mine?.cpuMs ?? 0)
const percent = (share: number) => `${(100 * share).toFixed(0)} %`
console.log(`createEncoder / best bare: ${percent(byTime)} by time, ${percent(byCpu)} by CPU`)

/** Whole builds take turns with the fastest bare layout; each is compared with its rounds before and after. */
const WHOLE_ROUNDS = 2
const bareRates = others.map(({ best }) => best)
const fastest = layouts[1 + bareRates.indexOf(Math.max(...bareRates))] as Layout
const whole = await openWholeBuild(name)
const vegas = sharedPath('data/imagery/vegas-0.3m-rgba-4326.tif')
const places = [
  await whole.town(),
  ...(existsSync(vegas) ? [{ name: 'Vegas, 0.3 m/px, EPSG:4326', files: [vegas], stepM: 6 }] : []),
]
console.log(`\nload ${loadavg()[0]?.toFixed(1)}; bare is "${fastest.name}" just before and after`)
console.log('| whole build | patches | patches/s | bare | ratio | CPU, ms/patch | bare | ratio |')
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
for (let round = 0; round < WHOLE_ROUNDS; round++) {
  for (const place of places) {
    const before = await measure(fastest, Number(seconds) * 500)
    const { patchCount, seconds: took, cpuMs } = await whole.build(place)
    const after = await measure(fastest, Number(seconds) * 500)
    const [rate, bareRate] = [patchCount / took, (before.rate + after.rate) / 2]
    const [cpu, bareCpu] = [cpuMs / patchCount, (before.cpuMs + after.cpuMs) / 2]
    const byRate = `${rate.toFixed(1)} | ${bareRate.toFixed(1)} | ${percent(rate / bareRate)}`
    const byTicks = `${cpu.toFixed(2)} | ${bareCpu.toFixed(2)} | ${percent(bareCpu / cpu)}`
    console.log(`| ${place.name} | ${patchCount} | ${byRate} | ${byTicks} |`)
  }
}
await whole.close()
await Promise.all(layouts.map((layout) => layout.close()))
