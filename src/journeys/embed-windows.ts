/** Windows → rows of the gallery: one pass of the network gives every patch of a window. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Encoder } from '../embedding/encoder.ts'
import { blockMeans, type MapGeometry } from '../embedding/logits-map.ts'
import type { ImageryWindow, PixelSquare } from '../imagery/source.ts'
import { cutSquare } from '../imagery/window.ts'
import type { EmbeddedPoint, Logits, Region, SourceReference } from '../types.ts'
import type { DenseLattice } from './dense-lattice.ts'
import type { PlacedPoint, ServingWindow } from './dense-windows.ts'
import { createRowMaker } from './embed-patches.ts'
import { hashSquares } from './hash-squares.ts'

/** What windows are embedded with. */
export interface MapContext {
  readonly region: Region
  readonly encoder: Required<Pick<Encoder, 'encodeMap'>>
  readonly geometry: MapGeometry
  readonly lattice: DenseLattice
}

/** Embeds the points of some windows, in the order of their ids. */
export async function embedWindows(
  context: MapContext,
  windows: readonly ServingWindow[],
): Promise<EmbeddedPoint[]> {
  const rows = await Promise.all(windows.map((window) => embedWindow(context, window)))
  return rows.flat().sort((a, b) => a.id - b.id)
}

async function embedWindow(
  context: MapContext,
  { centre, window, placed }: ServingWindow,
): Promise<EmbeddedPoint[]> {
  const [logitsOf, evidence] = await Promise.all([
    readMaps(context, window, placed),
    findEvidence(window, placed),
  ])
  const makeRow = createRowMaker(context.region)
  return placed.map(({ point, square, distanceM }) => {
    const known = evidence.get(keyOf(square)) as Evidence
    const dense = {
      centre: [centre.lon, centre.lat] as const,
      windowPx: context.lattice.windowPx,
      square: [square.x, square.y] as const,
      distanceM: Number(distanceM.toFixed(2)),
    }
    return makeRow(point, {
      capturedOn: window.capturedOn,
      reference: { ...known.reference, dense },
      patchSha256: known.patchSha256,
      logits: logitsOf(square),
    })
  })
}

/** What tells a patch from others: the SHA-256 of its pixels, hex, and where they came from. */
interface Evidence {
  readonly patchSha256: string
  readonly reference: SourceReference
}

const keyOf = ({ x, y }: { readonly x: number; readonly y: number }) => `${x},${y}`

/** Of each square once. */
async function findEvidence(
  window: ImageryWindow,
  placed: readonly PlacedPoint[],
): Promise<Map<string, Evidence>> {
  const squares = new Map(placed.map(({ square }) => [keyOf(square), square]))
  const found = new Map<string, Evidence>()
  // The pixels of the patch alone, although the network saw what lies around it too.
  for (const strip of hashSquares(window.image, [...squares.values()])) {
    for (const { square, sha256 } of strip) {
      found.set(keyOf(square), { patchSha256: sha256, reference: window.referenceOf(square) })
    }
    // Hashing hundreds of patches at once would keep the sessions waiting.
    await nextTurn()
  }
  return found
}

/** Reads the maps of the passes that hold a patch, and finds the logits of a square in them. */
async function readMaps(
  { encoder, geometry, lattice }: MapContext,
  { image }: ImageryWindow,
  placed: readonly PlacedPoint[],
): Promise<(square: PixelSquare) => Logits> {
  const { stridePx, patchCells } = geometry
  const shiftOf = ({ x, y }: PixelSquare) => ({ x: x % stridePx, y: y % stridePx })
  const shifts = new Map(
    placed.map(({ square }) => {
      const shift = shiftOf(square)
      return [keyOf(shift), shift]
    }),
  )
  const means = new Map<string, Float32Array>()
  await Promise.all(
    [...shifts].map(async ([key, shift]) => {
      const isWhole = lattice.passPx === image.width
      const pass = isWhole ? image : cutSquare(image, { ...shift, px: lattice.passPx })
      means.set(key, blockMeans(await encoder.encodeMap(pass), patchCells))
    }),
  )
  const columns = lattice.passPx / stridePx - patchCells + 1
  return (square) => {
    const shift = shiftOf(square)
    const of = means.get(keyOf(shift)) as Float32Array
    const classes = of.length / columns ** 2
    const block = ((square.y - shift.y) / stridePx) * columns + (square.x - shift.x) / stridePx
    return of.subarray(block * classes, (block + 1) * classes)
  }
}
