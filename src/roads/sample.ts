/**
 * Road network → road points, uniform by geodesic length. Draws are independent, so the first n of
 * N points are themselves a sample of n, and the arithmetic is on whole millimetres, so a seed
 * gives the same bytes everywhere.
 */
import { InputError } from '../errors.ts'
import type { LonLat, RoadPoint } from '../types.ts'
import { createRandom } from './random.ts'
import type { RoadNetwork } from './network.ts'
import type { RoadLines } from './road-pen.ts'

/**
 * Vertices between two stored sums of length: a search halves the sums, then walks at most this
 * far.
 */
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
  const ruler = network.pieces.reduce<MeasuredPiece[]>(addPiece, [])
  const drawBelow = createRandom(seed)
  return Array.from({ length: count }, (_, id) => ({
    id,
    ...placeAt(ruler, drawBelow(network.totalMm)),
  }))
}

function checkWhole(value: number, name: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new InputError('not-whole', `Expected a whole number from 0 for ${name}, got ${value}`)
}

/** A piece of the network with the lengths that lead up to its vertices. */
interface MeasuredPiece {
  readonly lines: RoadLines
  /** Millimetres of all pieces before this one, and with it. */
  readonly startMm: number
  readonly endMm: number
  /** `float64[]`: millimetres before every STEP-th vertex, those of the pieces before included. */
  readonly sums: Float64Array
}

function addPiece(ruler: MeasuredPiece[], lines: RoadLines): MeasuredPiece[] {
  const { lengthMm } = lines
  const sums = new Float64Array(Math.ceil(lengthMm.length / STEP))
  const startMm = ruler.at(-1)?.endMm ?? 0
  let endMm = startMm
  for (let i = 0; i < lengthMm.length; i++) {
    if (i % STEP === 0) sums[i / STEP] = endMm
    endMm += lengthMm[i] ?? 0
  }
  // An empty piece holds no millimetre that could be drawn.
  if (endMm > startMm) ruler.push({ lines, startMm, endMm, sums })
  return ruler
}

/** The middle of the drawn millimetre. */
function placeAt(ruler: readonly MeasuredPiece[], drawnMm: number): LonLat {
  const piece = ruler[lastIndex(ruler.length, (i) => (ruler[i]?.startMm ?? 0) <= drawnMm)]
  if (!piece) throw new Error(`Expected a piece for millimetre ${drawnMm}, got none`)
  const { lines, sums } = piece
  const step = lastIndex(sums.length, (i) => (sums[i] ?? 0) <= drawnMm)
  let vertex = step * STEP
  let offsetMm = drawnMm - (sums[step] ?? 0)
  for (let length = lines.lengthMm[vertex] ?? 0; offsetMm >= length;) {
    offsetMm -= length
    length = lines.lengthMm[++vertex] ?? 0
  }
  const share = (2 * offsetMm + 1) / (2 * (lines.lengthMm[vertex] ?? 1))
  return {
    lon: between(lines.lon, vertex, share) / UNITS,
    lat: between(lines.lat, vertex, share) / UNITS,
  }
}

/**
 * Halves: the last index for which the test, true at first and false from some index on, is true.
 */
function lastIndex(length: number, test: (index: number) => boolean): number {
  let low = 0
  let high = length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (test(middle)) low = middle
    else high = middle - 1
  }
  return low
}

function between(values: Int32Array, vertex: number, share: number): number {
  const from = values[vertex] ?? 0
  const to = values[vertex + 1] ?? 0
  return Math.round(from + share * (to - from))
}
