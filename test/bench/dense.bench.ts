/**
 * Dense builds against patch-by-patch ones of the same grid: seconds, and whether both say the
 * same.
 *     npm run bench:dense -- [speed|agreement|windows …]
 *         [--model NAME] [--side METRES] [--grid METRES …] [--repeats N]
 * speed: the middle of the sample town, 1050 m wide and high, at 10 and 16 m, N dense builds before
 * and after the one patch by patch, and the same windows through bare onnxruntime; agreement: three
 * places in Rotterdam (needs ../shared); windows: what a patch costs in windows of different sizes
 * (not run by default).
 */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mapGeometryOf } from '../../src/embedding/logits-map.ts'
import { readModel } from '../../src/embedding/model-files.ts'
import { gridPoints, regionCentre } from '../../src/geo/grid.ts'
import { bboxOf } from '../../src/geo/polygon.ts'
import { createGeotiffSource } from '../../src/imagery/geotiff.ts'
import type { Bbox, Boundary } from '../../src/types.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { fitLattice } from '../../src/journeys/dense-fit.ts'
import { patchSizeOf } from '../../src/journeys/patch-size.ts'
import { measureRound, openBare } from './bare-sessions.ts'
import { measureAgreement } from './dense-agreement.ts'
import { measureWindows } from './dense-windows.ts'
import { openWholeBuild, type Built } from './whole-build.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'overhead-mobilenetv2-10' },
    side: { type: 'string', default: '1050' },
    grid: { type: 'string', multiple: true, default: ['10', '16'] },
    repeats: { type: 'string', default: '1' },
  },
})
const parts = positionals.length === 0 ? ['speed', 'agreement'] : positionals
const load = () => loadavg()[0]?.toFixed(1)
console.log(
  `${values.model} · ${cpus()[0]?.model} × ${availableParallelism()}, load ${load()}, ${process.version}, ${new Date().toISOString()}`,
)

if (parts.includes('windows')) await measureWindows(values.model)
if (parts.includes('agreement')) await measureAgreement(values.model)
if (parts.includes('speed')) await measureSpeed(values.model)

/** Each grid: dense, patch by patch, dense; so they are near to each other in time. */
async function measureSpeed(model: string): Promise<void> {
  const whole = await openWholeBuild(model)
  const town = await whole.town()
  const boundary = await middleOf(town.imagery.files)
  console.log(`\nsample town, ${areaKm2(boundary).toFixed(2)} km², PGlite, load ${load()}`)
  console.log('| grid | | points | s | points/s | CPU, ms/point | times faster | less CPU |')
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const stepM of values.grid.map(Number)) {
    const place = { ...town, boundary, stepM }
    const dense: Built[] = []
    const buildDensely = async () => {
      for (let i = 0; i < Number(values.repeats); i++) {
        dense.push(await whole.build({ ...place, denseM: 16 }))
      }
    }
    await buildDensely()
    const single = await whole.build(place)
    await buildDensely()
    print(`${stepM} m | patch by patch`, single, single)
    for (const built of dense) print(`${stepM} m | dense, 16 m`, built, single)
    // A grid of 16 m takes the same patches at either spacing.
    if (stepM === 16) continue
    print(`${stepM} m | dense, 8 m`, await whole.build({ ...place, denseM: 8 }), single)
  }
  await whole.close()
  await measureFloor(model, boundary)
  console.log(`load ${load()}`)
}

/**
 * How long a dense build would take if there were nothing but the network: its windows through bare
 * onnxruntime.
 */
async function measureFloor(name: string, boundary: Boundary): Promise<void> {
  const model = await readModel(fileURLToPath(new URL(`../../models/${name}`, import.meta.url)))
  const { stridePx } = mapGeometryOf(model.card)
  const { px: patchPx, gsd } = patchSizeOf(model.card)
  const plan = { centre: regionCentre(boundary), patchPx, stridePx, gsd, spacingM: stridePx * gsd }
  const sessions = availableParallelism()
  for (const stepM of values.grid.map(Number)) {
    const lattice = fitLattice({ ...plan, stepM }, boundary)
    const places = gridPoints(boundary, stepM).map((point) => lattice.windowOf(point))
    const windows = new Set(places.map(({ column, row }) => `${column},${row}`)).size
    const layout = { sessions, threads: 1, batch: 1, isAlone: true, windowPx: lattice.passPx }
    const bare = await openBare(model, layout)
    await bare.measure(500)
    const { rate, cpuMs } = await measureRound(bare, 3000)
    await bare.close()
    const [seconds, cpu] = [windows / rate, (windows * cpuMs) / 1000]
    console.log(
      `${stepM} m: bare onnxruntime needs ${seconds.toFixed(2)} s, CPU ${cpu.toFixed(2)} s, for ${windows} windows of ${lattice.passPx} px`,
    )
  }
}

function print(name: string, built: Built, single: Built): void {
  const { patchCount, seconds, cpuMs } = built
  const rate = (patchCount / seconds).toFixed(0)
  const faster = `${(single.seconds / seconds).toFixed(1)} ×`
  const less = `${(single.cpuMs / cpuMs).toFixed(1)} ×`
  const cpu = (cpuMs / patchCount).toFixed(2)
  console.log(
    `| ${name} | ${patchCount} | ${seconds.toFixed(1)} | ${rate} | ${cpu} | ${faster} | ${less} |`,
  )
}

/** A box of `--side` metres in the middle of the imagery. */
async function middleOf(files: readonly string[]): Promise<Boundary> {
  const source = await createGeotiffSource(
    { kind: 'geotiff', files: [...files], stretch: 'none' },
    '/',
  )
  const footprint = await source.footprint?.()
  await source.close()
  if (footprint === undefined) throw new Error('Expected imagery with an outline')
  const [west, south, east, north] = bboxOf(footprint)
  const [lon, lat] = [(west + east) / 2, (south + north) / 2]
  const halfLat = Number(values.side) / 2 / 111_200
  const halfLon = halfLat / Math.cos((lat * Math.PI) / 180)
  const bbox: Bbox = [lon - halfLon, lat - halfLat, lon + halfLon, lat + halfLat]
  return boundaryFromBbox(bbox)
}

function areaKm2(boundary: Boundary): number {
  const [west, south, east, north] = bboxOf(boundary)
  const perDegreeKm = 111.2
  const across = (east - west) * perDegreeKm * Math.cos(((south + north) * Math.PI) / 360)
  return across * (north - south) * perDegreeKm
}
