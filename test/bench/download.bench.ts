/**
 * Patches per second of a whole build while its imagery is downloaded, against bare onnxruntime on
 * ready tensors.
 *     npm run bench:download -- [model] [seconds of bare onnxruntime per row]
 *         [step: only that, or ''] [sessions: fewer than cores leave some to the download]
 * Tiles come from another process on this machine, each 50–150 ms after it was asked for,
 * over 16 connections; no tile is asked for twice, and the disk cache keeps all. A build that does
 * not count comes first: compiling the program's own code takes a second or two of CPU, nothing in
 * a build of hours and a tenth of these.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { OPTIONS } from '../../src/config.ts'
import { readModel } from '../../src/embedding/model-files.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { openBare } from './bare-sessions.ts'
import { buildBeside, COLUMNS, tableRow } from './beside-bare.ts'
import { openWholeBuild, type Place } from './whole-build.ts'

const cores = availableParallelism()
const [
  name = OPTIONS.overheadModel.default,
  seconds = '3',
  only = '',
  sessionCount = String(cores),
] = process.argv.slice(2)
const CONNECTIONS = 16
const CENTRE = { lon: 4.36, lat: 51.87 }
/**
 * Metres between the points, and points along a side: as dense as the sample town of bench:build,
 * and sparser.
 */
const GRIDS = [
  { stepM: 36, side: 64 },
  { stepM: 72, side: 64 },
]

const WARM_UP = { stepM: 54, side: 40 }

const model = await readModel(fileURLToPath(new URL(`../../models/${name}`, import.meta.url)))
const server = fork(fileURLToPath(new URL('./tile-process.ts', import.meta.url)))
const [{ port, bytes }] = (await once(server, 'message')) as [{ port: number; bytes: number }]
const sessions = { sessions: Number(sessionCount), threads: 1, batch: 1 }
const bare = await openBare(model, sessions)
const alone = await openBare(model, { ...sessions, isAlone: true })
const whole = await openWholeBuild(name, sessions.sessions)

/** A square of tiles under a name of its own, so that nothing of it is in the cache yet. */
function placeOf({ stepM, side }: (typeof GRIDS)[number]): Place {
  const half = (stepM * side) / 2
  const [lat, lon] = [half / 111_200, half / (111_200 * Math.cos((CENTRE.lat * Math.PI) / 180))]
  return {
    name: `${stepM} m`,
    imagery: {
      kind: 'xyz',
      url: `http://127.0.0.1:${port}/${stepM}/{z}/{x}/{y}`,
      maxZoom: 18,
      attribution: 'drawn by a benchmark',
      requestsPerSecond: 1000,
      concurrency: CONNECTIONS,
    },
    stepM,
    boundary: boundaryFromBbox([
      CENTRE.lon - lon,
      CENTRE.lat - lat,
      CENTRE.lon + lon,
      CENTRE.lat + lat,
    ]),
  }
}

await whole.build(placeOf(WARM_UP))
const load = () => loadavg()[0]?.toFixed(1)
console.log(
  `${name} · ${cpus()[0]?.model} × ${cores}, load ${load()}, ${process.version}; tiles of ${(bytes / 1000).toFixed(0)} kB; bare is "${bare.name}"`,
)
const heads = ['grid', 'patches', 'tiles per patch', ...COLUMNS]
console.log(tableRow(heads))
console.log(tableRow(heads.map(() => '---')))
for (const grid of GRIDS.filter(({ stepM }) => only === '' || only === String(stepM))) {
  const place = placeOf(grid)
  const before = whole.requests()
  const { patchCount, columns } = await buildBeside(
    { bare, alone, whole },
    place,
    Number(seconds) * 500,
  )
  const fetched = (whole.requests() - before) / patchCount
  console.log(tableRow([place.name, patchCount, fetched.toFixed(2), ...columns]))
}
console.log(`load ${load()}`)
await whole.close()
await Promise.all([bare.close(), alone.close()])
server.disconnect()
