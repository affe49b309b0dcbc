import { describe, expect, test } from 'vitest'
import { HostGates, type HostGate } from '../../src/imagery/host-gate.ts'

const { signal } = new AbortController()
const ok = async () => ({ answer: 1 })

function gateWith(...limits: { requestsPerSecond: number; concurrency: number }[]): HostGate {
  const gate = new HostGates().of('a.example')
  for (const one of limits) gate.join(one)
  return gate
}

/**
 * Passes `count` requests of 20 ms; the most that were open at a time, and the ms from asking to
 * the last start.
 */
async function measure(gate: HostGate, count: number) {
  let open = 0
  let most = 0
  let lastStart = 0
  const askedAt = performance.now()
  const request = async () => {
    lastStart = performance.now()
    most = Math.max(most, ++open)
    await new Promise((resolve) => setTimeout(resolve, 20))
    open -= 1
    return { answer: 1 }
  }
  await Promise.all(Array.from({ length: count }, () => gate.pass(signal, request)))
  return { most, spanMs: lastStart - askedAt }
}

/**
 * Passes `count` requests that end when all are open: for ever where the gate lets fewer through.
 */
async function passTogether(gate: HostGate, count: number) {
  const open: (() => void)[] = []
  const request = async () => {
    await new Promise<void>((resolve) => {
      open.push(resolve)
      if (open.length === count) for (const finish of open) finish()
    })
    return { answer: 1 }
  }
  await Promise.all(Array.from({ length: count }, () => gate.pass(signal, request)))
}

describe('HostGate', () => {
  test('is one and the same for all sources that use a host', () => {
    const gates = new HostGates()
    expect(gates.of('a.example')).toBe(gates.of('a.example'))
    expect(gates.of('a.example')).not.toBe(gates.of('a.example:8080'))
  })

  test('keeps to the strictest limits of the sources that are open', async () => {
    const fast = { requestsPerSecond: 1000, concurrency: 8 }
    const gate = gateWith(fast)
    const leave = gate.join({ requestsPerSecond: 50, concurrency: 2 })
    const strict = await measure(gate, 6)
    expect(strict.most).toBeLessThanOrEqual(2)
    expect(strict.spanMs).toBeGreaterThan(95)
    leave()
    await passTogether(gate, 6)
  })

  test('holds all requests back for as long as the host asks of one', async () => {
    const gate = gateWith({ requestsPerSecond: 1000, concurrency: 4 })
    const askedAt = performance.now()
    await gate.pass(signal, async () => ({ failure: '429', waitMs: 150 }))
    await Promise.all([gate.pass(signal, ok), gate.pass(signal, ok)])
    expect(performance.now() - askedAt).toBeGreaterThan(145)
  })

  test('a request that is given up while it waits frees its place', async () => {
    const gate = gateWith({ requestsPerSecond: 1000, concurrency: 1 })
    const stop = new AbortController()
    const first = gate.pass(signal, async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      return { answer: 1 }
    })
    const second = gate.pass(stop.signal, ok)
    const third = gate.pass(signal, ok)
    stop.abort()
    await expect(second).rejects.toThrow(/abort/)
    expect(await Promise.all([first, third])).toEqual([{ answer: 1 }, { answer: 1 }])
  })

  test('of a host that is back lets all through that waited for the one that tried', async () => {
    const limits = { failuresToOpen: 1, firstWaitMs: 200, waitMsMax: 200, patienceMs: 5000 }
    const gate = new HostGates(limits).of('a.example')
    gate.join({ requestsPerSecond: 1000, concurrency: 4 })
    await gate.pass(signal, async () => ({ failure: 'ECONNREFUSED' }))
    await expect(gate.pass(signal, ok)).rejects.toMatchObject({ code: 'host-down' })
    await new Promise((resolve) => setTimeout(resolve, 250))
    const starts: number[] = []
    const request = async () => {
      starts.push(performance.now())
      await new Promise((resolve) => setTimeout(resolve, 40))
      return { answer: 1 }
    }
    await Promise.all([1, 2, 3].map(() => gate.pass(signal, request)))
    expect(starts.length).toBe(3)
    expect(starts[1]! - starts[0]!).toBeGreaterThan(35)
  })
})
