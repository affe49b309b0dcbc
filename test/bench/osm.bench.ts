/**
 * `npm run bench:osm [-- MB [THREADS …]]`: bytes per second and peak memory of the whole
 * `whereabouts roads sample`, process start included, with each number of threads, beside
 * osm-pbf-parser merely iterating over the same file. Exit code 1 when an aim is missed: 4 × as
 * fast with the first number of threads, 1 GB of memory for each whole GB of file with every one,
 * the same points with all. Needs `npm run build` and `../shared`.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sharedPath } from '../shared.ts'
import { repeatExtract } from './repeat-extract.ts'

const MB = 1e6
const GB_IN_MB = 1000
/** One round has to do for files from here on. */
const LONG_MB = 500
const FACTOR_MIN = 4

const ITERATE = `
  const parser = require('node:fs').createReadStream(process.argv[1]).pipe(require('osm-pbf-parser')())
  let count = 0
  parser.on('data', (items) => { for (const item of items) if (item.id) count++ })
  parser.on('end', () => console.log(count))`

interface Measured {
  readonly seconds: number
  readonly peakMb: number
  readonly output: string
}

function measure(args: readonly string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let peakMb = 0
    let output = ''
    const timer = setInterval(() => (peakMb = Math.max(peakMb, peakOf(child.pid))), 10)
    child.stdout.on('data', (text: Buffer) => (output += text.toString()))
    child.on('close', (code) => {
      clearInterval(timer)
      if (code !== 0) reject(new Error(`Expected exit code 0 of ${args.join(' ')}, got ${code}`))
      resolve({ seconds: (performance.now() - start) / 1000, peakMb, output })
    })
  })
}

/** The system's own high-water mark, MB; 0 where there is no /proc or the process is gone. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')
    return (Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024) / MB
  } catch {
    return 0
  }
}

function report(name: string, runs: readonly Measured[], fileMb: number): Measured {
  const all = runs.map((run) => run.seconds)
  const seconds = Math.min(...all)
  const mean = all.reduce((a, b) => a + b, 0) / all.length
  const peakMb = Math.max(...runs.map((run) => run.peakMb))
  const rate = (s: number) => (fileMb / s).toFixed(1)
  console.log(
    `${name.padEnd(36)} best ${seconds.toFixed(2)} s = ${rate(seconds)} MB/s, mean ${mean.toFixed(2)} s = ${rate(mean)} MB/s, peak ${peakMb.toFixed(0)} MB`,
  )
  return { seconds, peakMb, output: runs[0]?.output ?? '' }
}

/** Says what misses an aim, and has the benchmark end with exit code 1. */
function miss(line: string): void {
  console.log(`MISSED: ${line}`)
  process.exitCode = 1
}

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const sampleWith = (extract: string, threads: number) =>
  measure([
    ...[main, 'roads', 'sample', extract, '--points', '10000', '--seed', '1'],
    ...['--threads', String(threads)],
  ])

async function bench(extract: string, threadCounts: readonly number[]): Promise<void> {
  const fileMb = statSync(extract).size / MB
  const theirs: Measured[] = []
  const ours = threadCounts.map((threads) => ({ threads, runs: [] as Measured[] }))
  for (let round = 0; round < (fileMb < LONG_MB ? 3 : 1); round++) {
    theirs.push(await measure(['-e', ITERATE, extract]))
    for (const { threads, runs } of ours) runs.push(await sampleWith(extract, threads))
  }
  const bare = report('osm-pbf-parser, iterating', theirs, fileMb)
  const rows = ours.map(({ threads, runs }) =>
    report(`whereabouts roads sample, threads ${threads}`, runs, fileMb),
  )
  judge(bare, rows, fileMb)
}

function judge(bare: Measured, rows: readonly Measured[], fileMb: number): void {
  const [first] = rows
  const factor = bare.seconds / (first?.seconds ?? NaN)
  const objects = bare.output.trim()
  const points = (first?.output.trim().split('\n').length ?? 1) - 1
  console.log(`${points} points; ${objects} objects iterated; ${factor.toFixed(1)} ×`)
  if (!(factor >= FACTOR_MIN)) miss(`at least ${FACTOR_MIN} × as fast`)
  if (rows.some(({ output }) => output !== first?.output)) miss('the same points with all threads')
  // Below 1 GB of file the program itself and its tables weigh too much for the rule to tell
  // anything.
  const peakMaxMb = Math.floor(fileMb / GB_IN_MB) * GB_IN_MB
  const worstMb = Math.max(...rows.map(({ peakMb }) => peakMb))
  if (peakMaxMb > 0 && worstMb > peakMaxMb)
    miss(`at most ${peakMaxMb} MB of memory for ${fileMb.toFixed(0)} MB, got ${worstMb.toFixed(0)}`)
}

const folder = mkdtempSync(join(tmpdir(), 'whereabouts-bench-'))
try {
  const [megabytes = 200, ...threadCounts] = process.argv.slice(2).map(Number)
  const extract = join(folder, 'repeated.osm.pbf')
  repeatExtract(sharedPath('data/osm/liechtenstein.osm.pbf'), extract, megabytes * MB)
  const cpu = cpus()
  console.log(
    `${(statSync(extract).size / MB).toFixed(1)} MB, node ${process.version}, ${cpu.length} × ${cpu[0]?.model ?? '?'}`,
  )
  await bench(extract, threadCounts.length > 0 ? threadCounts : [availableParallelism()])
} finally {
  rmSync(folder, { recursive: true })
}
