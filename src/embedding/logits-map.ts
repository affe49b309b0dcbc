/**
 * A map of logits → the logits of square blocks of it: what a patch in a large window shows. Pure.
 */
import { InputError } from '../errors.ts'
import type { ModelCard } from './card.ts'

/** Logits of every `stride` × `stride` px of an image, `float32[365, height, width]`. */
export interface LogitsMap {
  readonly logits: Float32Array
  /** In cells of the map. */
  readonly width: number
  readonly height: number
}

/** How a model's map lies over its patches. */
export interface MapGeometry {
  /** Pixels between two neighbours of the map. */
  readonly stridePx: number
  /** A patch is this many cells wide and high. */
  readonly patchCells: number
}

/**
 * The geometry of a model's `logitsmap`.
 * @throws {InputError} `model-without-map` when it has none, or its patch is no whole number of
 *   cells
 */
export function mapGeometryOf(card: ModelCard): MapGeometry {
  const { stride, size, outputs } = card
  const [height, width] = size
  if (stride !== undefined && 'logitsmap' in outputs) {
    if (height === width && width % stride === 0) {
      return { stridePx: stride, patchCells: width / stride }
    }
  }
  throw new InputError(
    'model-without-map',
    `Expected an overhead model with the output "logitsmap" and square patches of whole strides, got "${card.name}"`,
    { hint: 'build without --dense, or choose another --overhead-model' },
  )
}

/**
 * Means over all blocks of `side` × `side` cells, by sums of areas: the cost of a block does not
 * grow with it.
 * @returns `float32[(height − side + 1) × (width − side + 1), classes]`, blocks row-major by their
 *   top left cell
 */
export function blockMeans({ logits, width, height }: LogitsMap, side: number): Float32Array {
  const plane = width * height
  const classes = logits.length / plane
  const columns = width - side + 1
  const rows = height - side + 1
  if (side < 1 || columns < 1 || rows < 1) {
    throw new RangeError(`Expected blocks of 1 to ${Math.min(width, height)} cells, got ${side}`)
  }
  const means = new Float32Array(rows * columns * classes)
  const sums = new Float64Array((width + 1) * (height + 1))
  for (let c = 0; c < classes; c++) {
    sumAreas(sums, logits.subarray(c * plane, (c + 1) * plane), width)
    for (let block = 0; block < rows * columns; block++) {
      const topLeft = Math.floor(block / columns) * (width + 1) + (block % columns)
      means[block * classes + c] = blockSum(sums, topLeft, { side, width }) / (side * side)
    }
  }
  return means
}

/** Sum of the block whose top left corner is `topLeft` in the sums of areas. */
function blockSum(
  sums: Float64Array,
  topLeft: number,
  { side, width }: { readonly side: number; readonly width: number },
): number {
  const bottomLeft = topLeft + side * (width + 1)
  // One by one: pairs to take apart would be garbage, for a hundred thousand blocks of a window.
  const a = sums[topLeft] as number
  const b = sums[topLeft + side] as number
  const c = sums[bottomLeft] as number
  const d = sums[bottomLeft + side] as number
  return d - c - b + a
}

/** Fills `sums[y, x]`, one larger each way, with the sum of all values above and left of (x, y). */
function sumAreas(sums: Float64Array, values: Float32Array, width: number): void {
  for (let at = 0, to = width + 1; at < values.length; to++) {
    let line = 0
    sums[to] = 0
    for (let x = 0; x < width; x++, at++) {
      line += values[at] as number
      to++
      sums[to] = (sums[to - width - 1] as number) + line
    }
  }
}
