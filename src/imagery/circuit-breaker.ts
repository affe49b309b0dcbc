/**
 * Stops asking a host that has failed many times in a row; after a while one request may try again.
 */

/** Since when a host counts as down, and when it is asked again; ms on the caller's clock. */
export interface Outage {
  readonly sinceMs: number
  readonly nextTryMs: number
  /** What came instead of an answer the last time. */
  readonly failure: string
  readonly failures: number
}

/** When a breaker opens, and for how long. */
export interface BreakerLimits {
  readonly failuresToOpen: number
  readonly firstWaitMs: number
  /** The wait doubles with each try that fails, up to this. */
  readonly waitMsMax: number
  /** A host that asks for a longer wait than this counts as down until then. */
  readonly patienceMs: number
}

export const BREAKER_LIMITS: BreakerLimits = {
  failuresToOpen: 10,
  firstWaitMs: 5_000,
  waitMsMax: 300_000,
  patienceMs: 30_000,
}

/**
 * One host's breaker: closed while it answers, open while it is down, half open for the one request
 * that tries.
 */
export class CircuitBreaker {
  readonly #limits: BreakerLimits
  #failures = 0
  #firstFailureMs = 0
  #openings = 0
  #outage: Outage | undefined
  #isTrying = false

  constructor(limits: BreakerLimits = BREAKER_LIMITS) {
    this.#limits = limits
  }

  /**
   * May a request start now?
   * @returns `go`, or `try`: the one that finds out whether the host is back (tell how it ended);
   *   `wait`: one is finding out; or the outage that forbids it
   */
  admit(nowMs: number): 'go' | 'try' | 'wait' | Outage {
    if (this.#outage === undefined) return 'go'
    if (nowMs < this.#outage.nextTryMs) return this.#outage
    if (this.#isTrying) return 'wait'
    this.#isTrying = true
    return 'try'
  }

  /** The host answered. */
  succeed(): void {
    this.#failures = 0
    this.#openings = 0
    this.#outage = undefined
    this.#isTrying = false
  }

  /**
   * It did not, or said that it cannot.
   * @param askedWaitMs  how long it wants to be left alone
   * @returns the outage, when the host counts as down now
   */
  fail(nowMs: number, failure: string, askedWaitMs = 0): Outage | undefined {
    if (this.#failures === 0) this.#firstFailureMs = nowMs
    this.#failures += 1
    const wasTry = this.#isTrying
    this.#isTrying = false
    const { failuresToOpen, firstWaitMs, waitMsMax, patienceMs } = this.#limits
    const isOpening = wasTry || (this.#outage === undefined && this.#failures >= failuresToOpen)
    if (!isOpening && askedWaitMs <= patienceMs) return this.#outage
    const waitMs = Math.min(firstWaitMs * 2 ** this.#openings, waitMsMax)
    this.#openings += 1
    this.#outage = {
      sinceMs: this.#firstFailureMs,
      nextTryMs: nowMs + Math.max(waitMs, askedWaitMs),
      failure,
      failures: this.#failures,
    }
    return this.#outage
  }

  /** The try was given up before it ended: it says nothing about the host. */
  abandon(): void {
    this.#isTrying = false
  }
}
