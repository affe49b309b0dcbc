/**
 * What the server tells a Prometheus: requests, builds, imagery. Names of regions and hosts, never
 * photos or keys.
 */
import { setTimeout } from 'node:timers/promises'
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { countStates } from '../journeys/region-status.ts'
import type { Outside } from '../journeys/outside.ts'
import type { AppEnv } from './deps.ts'

/** Counting the points of all regions reads them all: an answer holds for this long. */
const COUNTED_MS = 15_000
/**
 * Less than the ten seconds that a Prometheus waits: the rest is told when the database hangs, too.
 */
const WAIT_MS = 5_000
/** A count that takes longer has lost its server without a word. */
const HUNG_MS = 600_000
type Counts = Awaited<ReturnType<typeof countStates>>
const SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60]

/** What is measured of one application. */
export interface Metrics {
  /** Takes the time of every request. */
  readonly watch: MiddlewareHandler<AppEnv>
  /** All of it as text. */
  readonly render: () => Promise<string>
  readonly mediaType: string
}

/**
 * Begins to measure; nothing is global, so that several applications may live in one process.
 * @param waitMs  how long a reading waits for the database
 */
export function createMetrics(
  outside: Pick<Outside, 'db' | 'now' | 'trafficByHost'>,
  waitMs = WAIT_MS,
): Metrics {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]
  const requests = new Histogram({
    name: 'whereabouts_http_request_seconds',
    help: 'Time of requests, by route (never the path)',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  })
  addImagery(outside, registers)
  addBuilds(countWithin(waitMs, countNowAndThen(outside)), registers)
  return {
    watch: async (c, next) => {
      const startedAt = outside.now().getTime()
      await next()
      const route = routePath(c, -1)
      const labels = { method: c.req.method, route, status: String(c.res.status) }
      requests.observe(labels, (outside.now().getTime() - startedAt) / 1000)
    },
    render: () => registry.metrics(),
    mediaType: registry.contentType,
  }
}

function addImagery({ trafficByHost }: Pick<Outside, 'trafficByHost'>, registers: Registry[]) {
  for (const what of ['requests', 'bytes'] as const) {
    new Counter({
      name: `whereabouts_imagery_${what}_total`,
      help: `${what} answered by hosts of imagery to this process`,
      labelNames: ['host'],
      registers,
      collect() {
        this.reset()
        for (const [host, traffic] of trafficByHost()) this.inc({ host }, traffic[what])
      },
    })
  }
}

/** What is counted in the database; while it is away the rest is told all the same. */
function addBuilds(count: () => Promise<Counts | null>, registers: Registry[]) {
  new Gauge({
    name: 'whereabouts_database_up',
    help: '1: the database answered when its points were last counted; 0: not, or not in time',
    registers,
    async collect() {
      this.set((await count()) === null ? 0 : 1)
    },
  })
  new Gauge({
    name: 'whereabouts_points',
    help: 'points of a region: pending, leased, embedded, unavailable',
    labelNames: ['region', 'state'],
    registers,
    async collect() {
      this.reset()
      for (const { region, state, count: points } of (await count()) ?? [])
        if (state !== null) this.set({ region, state }, points)
    },
  })
  new Gauge({
    name: 'whereabouts_region_state',
    help: '1 for the state of a region, with the code of what holds its build up',
    labelNames: ['region', 'state', 'problem'],
    registers,
    async collect() {
      this.reset()
      for (const { region, regionState, problem } of (await count()) ?? [])
        this.set({ region, state: regionState, problem: problem ?? '' }, 1)
    },
  })
}

/** Null: the database is away, or takes too long. */
function countWithin(waitMs: number, count: () => Promise<Counts>) {
  return () => {
    const late = setTimeout(waitMs, null, { ref: false })
    return Promise.race([count(), late]).catch(() => null)
  }
}

/**
 * Who asks while points are being counted, however long it takes, or soon after gets the same
 * counts.
 */
function countNowAndThen(outside: Pick<Outside, 'db' | 'now'>) {
  const nowMs = () => outside.now().getTime()
  let kept: Promise<Counts> | null = null
  let untilMs = 0
  return () => {
    if (kept !== null && nowMs() < untilMs) return kept
    const counts = countStates(outside)
    kept = counts
    untilMs = nowMs() + HUNG_MS
    const end = (keptMs: number) => {
      if (kept === counts) untilMs = nowMs() + keptMs
    }
    counts.then(
      () => end(COUNTED_MS),
      () => end(0),
    )
    return counts
  }
}
