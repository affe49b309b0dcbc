/**
 * Dense builds against patch-by-patch ones of the same grid: seconds, and whether both say the same.
 *     npm run bench:dense -- [speed|agreement|windows …] [--model NAME] [--side METRES]
 * speed: the middle of the sample town, 1050 m wide and high; agreement: three places in Rotterdam (needs ../shared);
 * windows: what a patch costs in windows of different sizes (not run by default).
 */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { bboxOf } from '../../src/geo/polygon.ts'
import { createGeotiffSource } from '../../src/imagery/geotiff.ts'
import type { Bbox, Boundary } from '../../src/types.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { measureAgreement } from './dense-agreement.ts'
import { measureWindows } from './dense-windows.ts'
import { openWholeBuild, type Built } from './whole-build.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'overhead-mobilenetv2-3' },
    side: { type: 'string', default: '1050' },
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

/** Each grid: dense, patch by patch, dense; so the two are near to each other in time. */
async function measureSpeed(model: string): Promise<void> {
  const whole = await openWholeBuild(model)
  const town = await whole.town()
  const boundary = await middleOf(town.imagery.files)
  console.log(`\nsample town, ${areaKm2(boundary).toFixed(2)} km², PGlite, load ${load()}`)
  console.log('| grid | | points | s | points/s | CPU, ms/point | times faster | less CPU |')
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const stepM of [10, 16]) {
    const place = { ...town, boundary, stepM }
    const before = await whole.build({ ...place, denseM: 16 })
    const single = await whole.build(place)
    const after = await whole.build({ ...place, denseM: 16 })
    const rows: [string, Built][] = [
      ['patch by patch', single],
      ['dense, 16 m', before],
      ['dense, 16 m', after],
    ]
    // A grid of 16 m takes the same patches at either spacing.
    if (stepM !== 16) rows.push(['dense, 8 m', await whole.build({ ...place, denseM: 8 })])
    for (const [way, built] of rows) print(`${stepM} m | ${way}`, built, single)
  }
  console.log(`load ${load()}`)
  await whole.close()
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
