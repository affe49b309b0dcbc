/**
 * One gate per host for all sources of the process: requests per second, requests at a time, pauses
 * that the host asks for, and its circuit breaker.
 * @io network
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { UpstreamError } from '../errors.ts'
import {
  BREAKER_LIMITS,
  CircuitBreaker,
  type BreakerLimits,
  type Outage,
} from './circuit-breaker.ts'

/** What a source allows itself on a host. */
export interface HostLimits {
  readonly requestsPerSecond: number
  readonly concurrency: number
}

/**
 * How one request ended: the host answered, or failed and may have said for how long to leave it
 * alone.
 */
export type Verdict<T> = { readonly answer: T } | Failure

/** Why a request brought nothing that can be used. */
export interface Failure {
  readonly failure: string
  /** ms that the host asks to wait. */
  readonly waitMs?: number | undefined
  /** The host is up: it answered, only not with what can be used. */
  readonly isUp?: boolean
}

/** Nobody is left alone for longer, whatever it asks: it may have written milliseconds. */
const WAIT_MS_MAX = 86_400_000

/** What came over the network. */
export interface Traffic {
  readonly requests: number
  /** Of bodies. */
  readonly bytes: number
}

const NOTHING: Traffic = { requests: 0, bytes: 0 }

/** All hosts that a process talks to. */
export class HostGates {
  /** Since the process began, from all hosts. */
  traffic: Traffic = NOTHING
  /** The same by host. */
  readonly trafficByHost = new Map<string, Traffic>()
  readonly #gates = new Map<string, HostGate>()
  readonly #limits: BreakerLimits

  constructor(limits: BreakerLimits = BREAKER_LIMITS) {
    this.#limits = limits
  }

  /** The gate of a host (with its port where that is not the scheme's own). */
  of(host: string): HostGate {
    const gate = this.#gates.get(host) ?? new HostGate(host, new CircuitBreaker(this.#limits))
    this.#gates.set(host, gate)
    return gate
  }

  /** Counts an answer of a host. */
  count(host: string, bytes: number): void {
    this.traffic = add(this.traffic, bytes)
    this.trafficByHost.set(host, add(this.trafficByHost.get(host) ?? NOTHING, bytes))
  }
}

function add(traffic: Traffic, bytes: number): Traffic {
  return { requests: traffic.requests + 1, bytes: traffic.bytes + bytes }
}

/** Lets requests to one host through, one by one. */
export class HostGate {
  readonly #host: string
  readonly #breaker: CircuitBreaker
  readonly #users = new Set<HostLimits>()
  readonly #waiting = new Set<() => void>()
  #trial: Promise<void> = Promise.resolve()
  #running = 0
  #nextStartMs = 0
  #pausedUntilMs = 0

  constructor(host: string, breaker: CircuitBreaker) {
    this.#host = host
    this.#breaker = breaker
  }

  /**
   * Adds a source's limits, the strictest of all count; call the result when the source is closed.
   */
  join(limits: HostLimits): () => void {
    const user = { ...limits }
    this.#users.add(user)
    return () => void this.#users.delete(user)
  }

  /**
   * Does one request when its turn has come.
   * @throws {UpstreamError} `host-down` without asking, while the host counts as down
   */
  async pass<T>(signal: AbortSignal, request: () => Promise<Verdict<T>>): Promise<Verdict<T>> {
    await this.#enter(signal)
    try {
      if ((await this.#admit(signal)) === 'go') return await this.#ask(signal, request)
      return await this.#tryOut(signal, request)
    } finally {
      this.#leave()
    }
  }

  async #ask<T>(signal: AbortSignal, request: () => Promise<Verdict<T>>): Promise<Verdict<T>> {
    await this.#turn(signal)
    const verdict = await request()
    this.#learn(verdict)
    return verdict
  }

  /** The one request that finds out whether the host is back; all others wait for it. */
  async #tryOut<T>(signal: AbortSignal, request: () => Promise<Verdict<T>>): Promise<Verdict<T>> {
    const asked = this.#ask(signal, request)
    this.#trial = asked.then(
      () => undefined,
      () => this.#breaker.abandon(),
    )
    return asked
  }

  async #admit(signal: AbortSignal): Promise<'go' | 'try'> {
    for (;;) {
      signal.throwIfAborted()
      const admission = this.#breaker.admit(performance.now())
      if (admission === 'go' || admission === 'try') return admission
      if (admission !== 'wait') throw hostDown(this.#host, admission)
      await this.#trial
    }
  }

  #learn(verdict: Verdict<unknown>): void {
    if ('answer' in verdict || verdict.isUp) {
      this.#breaker.succeed()
      return
    }
    const nowMs = performance.now()
    const waitMs = Math.min(verdict.waitMs ?? 0, WAIT_MS_MAX)
    const outage = this.#breaker.fail(nowMs, verdict.failure, waitMs)
    // What it asks of one request it means for all; those who wait for a host that is down would do
    // so in vain.
    if (outage === undefined) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + waitMs)
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    while (this.#running >= this.#strictest('concurrency')) await this.#waitForPlace(signal)
    this.#running += 1
  }

  #waitForPlace(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        this.#waiting.delete(wake)
        reject(signal.reason as Error)
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  #leave(): void {
    this.#running -= 1
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next)
    next()
  }

  /** Starts are spaced evenly, so a second never sees more than the limit. */
  async #turn(signal: AbortSignal): Promise<void> {
    const startMs = Math.max(performance.now(), this.#nextStartMs, this.#pausedUntilMs)
    this.#nextStartMs = startMs + 1000 / this.#strictest('requestsPerSecond')
    await sleepUntil(startMs, signal)
    while (performance.now() < this.#pausedUntilMs) await sleepUntil(this.#pausedUntilMs, signal)
  }

  #strictest(limit: keyof HostLimits): number {
    return Math.min(...[...this.#users].map((user) => user[limit]))
  }
}

async function sleepUntil(timeMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = timeMs - performance.now()
  if (waitMs > 0) await sleep(Math.ceil(waitMs), undefined, { signal })
  signal.throwIfAborted()
}

function hostDown(host: string, outage: Outage): UpstreamError {
  const since = isoTime(outage.sinceMs)
  const nextTry = isoTime(outage.nextTryMs)
  const { failure, failures } = outage
  return new UpstreamError(
    'host-down',
    `Expected answers from ${host}, got none since ${since}: ${failure} (${String(failures)} in a row)`,
    {
      hint: `it is asked again at ${nextTry}; a build waits for it and goes on`,
      facts: { host, since, nextTry, failure, failures },
    },
  )
}

/** A time of `performance.now()` as ISO text. */
function isoTime(timeMs: number): string {
  return new Date(performance.timeOrigin + timeMs).toISOString()
}
