/**
 * Road network → road points, uniform by geodesic length. Draws are independent, so the first n of N points are
 * themselves a sample of n, and the arithmetic is on whole millimetres, so a seed gives the same bytes everywhere.
 */
import { InputError } from '../errors.ts'
import type { RoadPoint } from '../types.ts'
import { createRandom } from './random.ts'
import type { RoadNetwork } from './network.ts'
import type { RoadLines } from './road-pen.ts'

/** Vertices between two stored sums of length: a search halves the sums, then walks at most this far. */
const STEP = 64
const UNITS = 1e7

/** How many points, and the whole number that fixes which. */
export interface SampleOptions {
  readonly count: number
  readonly seed: number
}

/**
 * Draws exactly `count` points, ids 0…count−1 in the order of drawing, coordinates on 1e-7°.
 * @throws {InputError} `no-roads` when the network is empty, `seed`, `point-count`
 */
export function sampleRoadPoints(
  network: RoadNetwork,
  { count, seed }: SampleOptions,
): RoadPoint[] {
  checkWhole(count, 'points')
  checkWhole(seed, 'seed')
  if (network.totalMm === 0)
    throw new InputError(
      'no-roads',
      `Expected roads to draw points on, got none (${network.summary})`,
      {
        hint: 'Check that the boundary, in longitude and latitude, overlaps the extract, and that it holds highways.',
      },
    )
  const sums = sumLengths(network.lengthMm)
  const drawBelow = createRandom(seed)
  return Array.from({ length: count }, (_, id) => {
    const place = findPlace(network.lengthMm, sums, drawBelow(network.totalMm))
    return { id, ...pointAt(network, place) }
  })
}

function checkWhole(value: number, name: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new InputError('not-whole', `Expected a whole number from 0 for ${name}, got ${value}`)
}

/** `float64[]`: millimetres before every STEP-th vertex. */
function sumLengths(lengthMm: Uint32Array): Float64Array {
  const sums = new Float64Array(Math.ceil(lengthMm.length / STEP))
  let sum = 0
  for (let i = 0; i < lengthMm.length; i++) {
    if (i % STEP === 0) sums[i / STEP] = sum
    sum += lengthMm[i] ?? 0
  }
  return sums
}

interface Place {
  /** Vertex at which the segment begins. */
  readonly vertex: number
  readonly offsetMm: number
}

function findPlace(lengthMm: Uint32Array, sums: Float64Array, drawnMm: number): Place {
  let low = 0
  let high = sums.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((sums[middle] ?? 0) <= drawnMm) low = middle
    else high = middle - 1
  }
  let vertex = low * STEP
  let offsetMm = drawnMm - (sums[low] ?? 0)
  for (let length = lengthMm[vertex] ?? 0; offsetMm >= length; length = lengthMm[vertex] ?? 0) {
    offsetMm -= length
    vertex++
  }
  return { vertex, offsetMm }
}

/** The middle of the drawn millimetre. */
function pointAt({ lon, lat, lengthMm }: RoadLines, { vertex, offsetMm }: Place) {
  const share = (2 * offsetMm + 1) / (2 * (lengthMm[vertex] ?? 1))
  return { lon: between(lon, vertex, share) / UNITS, lat: between(lat, vertex, share) / UNITS }
}

function between(values: Int32Array, vertex: number, share: number): number {
  const from = values[vertex] ?? 0
  const to = values[vertex + 1] ?? 0
  return Math.round(from + share * (to - from))
}
