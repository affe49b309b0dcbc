/**
 * A region built by four processes while everything around them breaks: three are killed, the
 * database crashes, the imagery host goes away, two cannot write their cache, one's clock is a day
 * off. For the test and the benchmark.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { requestBuild } from '../../src/gallery/builds.ts'
import type { Database } from '../../src/gallery/database.ts'
import { countPoints } from '../../src/gallery/points.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { untilDatabaseAnswers } from '../../src/journeys/database-away.ts'
import { renderHeatmap } from '../../src/journeys/render-heatmap.ts'
import { searchScene } from '../../src/journeys/search-scene.ts'
import type { WorkerSetup } from '../fixtures/build-worker.ts'
import { startMisbehavingServer } from '../fixtures/misbehaving-server.ts'
import { nodeArguments } from '../fixtures/program.ts'
import { createRandom } from '../gallery/rows.ts'
import { openTestWorld, type TestWorld } from '../world.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const signal = new AbortController().signal
const LEASE_S = 8
const DAY_MS = 86_400_000

/** How large, and which moments the dice choose. */
export interface ChaosOptions {
  readonly seed: number
  /** Points along each side of the square region. */
  readonly side: number
  readonly kills: number
}

/** What came out. */
export interface ChaosReport {
  readonly points: number
  readonly seconds: number
  readonly undisturbedSeconds: number
  /** Embeddings that all processes computed, and rows that the gallery holds. */
  readonly computed: number
  readonly rows: number
  readonly pointsWithOneRow: number
  readonly faults: number
  readonly state: string
  /** As CSV, without the region's name. */
  readonly heatmap: string
  readonly undisturbedHeatmap: string
  /** Everything stored but times and ETags, by point. */
  readonly digest: string
  readonly undisturbedDigest: string
}

/** A PostgreSQL of its own, which keeps what it has said when it crashes. */
export async function openCrashServer() {
  const number = String(100 + (process.pid % 800))
  const env = { ...process.env, PG_SAFE: '1' }
  const script = (word: string) => run(join(root, 'scripts/postgres.sh'), [word, number], { env })
  const start = async () => {
    const { stdout } = await script('start')
    return stdout.trim().replace('DATABASE_URL=', '')
  }
  const url = await start()
  return {
    url,
    crash: async () => {
      await script('kill')
      await start()
    },
    close: async () => {
      await script('kill')
      const home = process.env['PG_HOME'] ?? '/tmp/whereabouts-pg'
      await rm(`${home}/data18-${number}`, { recursive: true, force: true })
    },
  }
}

type CrashServer = Awaited<ReturnType<typeof openCrashServer>>

/** Builds the region twice, once in peace, and tells what differs. */
export async function runChaos(server: CrashServer, options: ChaosOptions): Promise<ChaosReport> {
  const folder = await mkdtemp(join(tmpdir(), 'whereabouts-chaos-'))
  const world = await openTestWorld({ models: 'tiny', place: { url: server.url } })
  const [bad, good] = await Promise.all([
    startMisbehavingServer({ seed: options.seed }),
    startMisbehavingServer({ share: 0 }),
  ])
  try {
    await create(world, 'peace', { url: good.url, side: options.side })
    const undisturbedSeconds = await seconds(() =>
      buildRegion(world, 'peace', { signal, onProgress: () => undefined }),
    )
    await create(world, 'chaos', { url: bad.url, side: options.side })
    const { id } = await findRegion(world.db, 'chaos')
    const { total } = await countPoints(world.db, id)
    await requestBuild(world.db, id)
    const log = join(folder, 'computed')
    const crew = createCrew(folder, { databaseUrl: server.url, log })
    const took = await seconds(async () => {
      await crew.start(4)
      const disturb = { crash: server.crash, goDown: () => bad.goDown(2000), kill: crew.kill }
      await disturbBuild({ db: world.db, id, total }, disturb, options)
      await crew.end()
    })
    return {
      points: total,
      seconds: took,
      undisturbedSeconds,
      computed: sum((await readFile(log, 'utf8')).trim().split('\n').map(Number)),
      ...(await countRows(world.db, id)),
      faults: sum(Object.values(bad.faultCounts)),
      state: (await findRegion(world.db, 'chaos')).state,
      heatmap: await heatmapOf(world, 'chaos'),
      undisturbedHeatmap: await heatmapOf(world, 'peace'),
      digest: await digestOf(world.db, id),
      undisturbedDigest: await digestOf(world.db, (await findRegion(world.db, 'peace')).id),
    }
  } finally {
    await Promise.all([bad.close(), good.close()])
    await world.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function create(
  world: TestWorld,
  name: string,
  { url, side }: { url: string; side: number },
) {
  const [west, south] = [9, 47.2]
  const [east, north] = [west + side * 0.0003, south + side * 0.0002]
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  const imagery = {
    kind: 'xyz',
    url,
    attribution: 'made',
    maxZoom: 18,
    requestsPerSecond: 500,
    concurrency: 8,
  }
  const sampling = { kind: 'grid', stepM: 22.5, whereImagery: false } as const
  const boundary = { type: 'Polygon' as const, coordinates: [ring] }
  const request = { name, imagery, sampling, boundary }
  await createRegion(world, request, { signal, onWarning: () => undefined })
}

/**
 * Four processes: two without a cache, one of another day. A new one takes the place of one that
 * was killed.
 */
function createCrew(folder: string, place: { databaseUrl: string; log: string }) {
  const worker = nodeArguments('test/fixtures/build-worker.ts')
  const members: ChildProcess[] = []
  let number = 0
  const hire = async () => {
    const mine = number++
    const dataDir = join(folder, `worker-${mine}`)
    await mkdir(dataDir, { recursive: true })
    // Where the folder of the cache should be lies a file: nothing can be written, as on a full
    // disk.
    if (mine % 2 === 1) await writeFile(join(dataDir, 'imagery-cache'), '')
    const clockSkewMs = mine % 4 === 2 ? DAY_MS : 0
    const setup: WorkerSetup = { ...place, dataDir, leaseS: LEASE_S, clockSkewMs }
    const child = spawn(process.execPath, [...worker, JSON.stringify(setup)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    members.push(child)
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  }
  return {
    start: async (count: number) => {
      await Promise.all(Array.from({ length: count }, hire))
    },
    kill: async (pick: number) => {
      const alive = members.filter((child) => child.exitCode === null && child.signalCode === null)
      const child = alive[Math.floor(pick * alive.length)] as ChildProcess
      child.kill('SIGKILL')
      await once(child, 'exit')
      void hire()
    },
    /** Waits for all to come to their end. */
    end: async () => {
      const codes = await Promise.all(
        members
          .filter((child) => child.signalCode === null)
          .map(async (child) => {
            if (child.exitCode === null) await once(child, 'exit')
            return child.exitCode
          }),
      )
      if (codes.some((code) => code !== 0)) throw new Error(`workers left with ${codes.join()}`)
    },
  }
}

interface Disturbances {
  readonly crash: () => Promise<void>
  readonly goDown: () => Promise<void>
  readonly kill: (pick: number) => Promise<void>
}

/** Breaks one thing after another, each when the dice say that so much of the build is done. */
async function disturbBuild(
  { db, id, total }: { db: Database; id: number; total: number },
  { crash, goDown, kill }: Disturbances,
  { seed, kills }: ChaosOptions,
): Promise<void> {
  const random = createRandom(seed)
  const plan = [...Array.from({ length: kills }, () => () => kill(random())), crash, goDown].map(
    (act) => ({ share: 0.05 + 0.75 * random(), act }),
  )
  for (const { share, act } of plan.sort((a, b) => a.share - b.share)) {
    for (;;) {
      const { embedded } = await untilDatabaseAnswers(() => countPoints(db, id), signal)
      if (embedded >= share * total) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await act()
  }
}

async function countRows(db: Database, id: number) {
  const rows = await db.withClient((client) =>
    client.query<{ rows: number }>(
      `select count(embeddings.point)::integer as rows
         from points left join embeddings on points.region = embeddings.region and id = point
        where points.region = $1 group by id`,
      [id],
    ),
  )
  return {
    rows: sum(rows.map((row) => row.rows)),
    pointsWithOneRow: rows.filter((row) => row.rows === 1).length,
  }
}

async function digestOf(db: Database, id: number): Promise<string> {
  const [row] = await db.withClient((client) =>
    client.query<{ digest: string }>(
      `select md5(string_agg(concat_ws(' ', point, x, y, h3, logits, vintage, captured_on, patch_sha256),
                             ',' order by point)) as digest
         from embeddings where region = $1`,
      [id],
    ),
  )
  return row?.digest ?? ''
}

async function heatmapOf(world: TestWorld, region: string): Promise<string> {
  const search = { expression: 'harbour', region, cells: 'square:50m', candidateCount: 1 }
  const { heatmap } = await searchScene(world, search)
  const { bytes } = await renderHeatmap(world, heatmap, 'csv')
  return new TextDecoder().decode(bytes).replaceAll(region, 'region')
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
