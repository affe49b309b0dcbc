/**
 * A region of 10,000 points built in chaos by four processes (test/journeys/chaos.ts); checks it
 * and prints one line per seed.
 */
import { cpus, loadavg } from 'node:os'
import { openCrashServer, runChaos } from '../journeys/chaos.ts'

const [side = '103', ...seeds] = process.argv.slice(2)
const KILLS = 3

console.log(
  `${cpus()[0]?.model} × ${cpus().length}, load ${loadavg()[0]?.toFixed(1)}, ${process.version}`,
)
console.log(
  '| seed | points | rows | computed | faults | seconds | undisturbed, 1 process | equal |',
)
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
for (const seed of seeds.length === 0 ? ['1'] : seeds) {
  const server = await openCrashServer()
  try {
    const report = await runChaos(server, { seed: Number(seed), side: Number(side), kills: KILLS })
    const isEqual =
      report.digest === report.undisturbedDigest && report.heatmap === report.undisturbedHeatmap
    const { points, rows, computed, faults, undisturbedSeconds } = report
    console.log(
      `| ${seed} | ${points} | ${rows} | ${computed} | ${faults} | ${report.seconds.toFixed(1)} | ${undisturbedSeconds.toFixed(1)} | ${isEqual ? 'yes' : 'NO'} |`,
    )
    if (!isEqual || report.pointsWithOneRow !== points) process.exitCode = 1
  } finally {
    await server.close()
  }
}
