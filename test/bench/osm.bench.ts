/**
 * `npm run bench:osm [MB]`: bytes per second and peak memory of the whole `whereabouts roads sample`, process start
 * included, beside osm-pbf-parser merely iterating over the same file. Needs `npm run build` and `../shared`.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sharedPath } from '../shared.ts'
import { repeatExtract } from './repeat-extract.ts'

const MB = 1e6
const ROUNDS = 3
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

function report(name: string, runs: readonly Measured[], bytes: number): number {
  const seconds = runs.map((run) => run.seconds)
  const best = Math.min(...seconds)
  const mean = seconds.reduce((a, b) => a + b, 0) / seconds.length
  const peak = Math.max(...runs.map(({ peakMb }) => peakMb))
  const rate = (s: number) => (bytes / MB / s).toFixed(1)
  console.log(
    `${name.padEnd(28)} best ${best.toFixed(2)} s = ${rate(best)} MB/s, mean ${mean.toFixed(2)} s = ${rate(mean)} MB/s, peak ${peak.toFixed(0)} MB`,
  )
  return best
}

const folder = mkdtempSync(join(tmpdir(), 'whereabouts-bench-'))
try {
  const extract = join(folder, 'repeated.osm.pbf')
  repeatExtract(
    sharedPath('data/osm/liechtenstein.osm.pbf'),
    extract,
    Number(process.argv[2] ?? 200) * MB,
  )
  const bytes = statSync(extract).size
  const cpu = cpus()
  console.log(
    `${(bytes / MB).toFixed(1)} MB, node ${process.version}, ${cpu.length} × ${cpu[0]?.model ?? '?'}`,
  )
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  const ours: Measured[] = []
  const theirs: Measured[] = []
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measure([main, 'roads', 'sample', extract, '--points', '10000', '--seed', '1']))
    theirs.push(await measure(['-e', ITERATE, extract]))
  }
  const lines = ours.map(({ output }) => output.trim().split('\n').length)
  console.log(`${lines.join(', ')} lines of points; ${theirs[0]?.output.trim()} objects iterated`)
  const factor =
    report('osm-pbf-parser, iterating', theirs, bytes) /
    report('whereabouts roads sample', ours, bytes)
  console.log(`${factor.toFixed(1)} × (at least ${FACTOR_MIN} ×)`)
  if (factor < FACTOR_MIN) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
