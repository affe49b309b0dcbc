/**
 * Heatmap of squares → Float32 GeoTIFF: one pixel exactly on each square, band 1 score, band 2
 * distance, on a map of best scenes band 3 the scene's position among the 365; NaN where nothing
 * was searched. Pure. Written by hand: geotiff.js writes neither compression nor bands one after
 * the other.
 */
import { deflateSync } from 'node:zlib'
import { InputError } from '../errors.ts'
import { squareOf } from '../geo/cells.ts'
import { sceneByName } from '../scenes.ts'
import type { Cell, CellGrid, Heatmap, HeatmapQuestion } from '../heatmap-types.ts'
import { captionOf } from './caption.ts'
import { escapeXml } from './escape.ts'
import { geoKeysOf } from './geo-keys.ts'
import { tallyScenes } from './scene-tally.ts'
import { layOutTiff, type TiffTag } from './tiff-tags.ts'

const PIXELS_MAX = 100_000_000
const STRIP_PIXELS = 65_536
const DEFLATE = 8

/** Columns and rows of squares that hold all searched cells. */
interface Extent {
  readonly columnMin: number
  readonly rowMax: number
  readonly width: number
  readonly height: number
}

/**
 * Writes the GeoTIFF.
 * @throws {InputError} `format-needs-squares` for H3 cells; `raster-too-large` above 10⁸ pixels
 */
export function renderGeoTiff(heatmap: Heatmap): Uint8Array {
  const { grid, cells, region } = heatmap
  if (grid.kind !== 'square') throw needsSquares(grid)
  const placed = cells.map((cell) => ({ cell, ...squareOf(cell.key) }))
  const extent = extentOf(placed)
  const { width, height, columnMin, rowMax } = extent
  const rowsPerStrip = Math.min(height, Math.max(1, Math.floor(STRIP_PIXELS / width)))
  const byStrip = groupByStrip(placed, extent, rowsPerStrip)
  const band = (valueOf: (cell: Cell) => number) =>
    byStrip.map((strip, i) => {
      const rows = Math.min(rowsPerStrip, height - i * rowsPerStrip)
      return stripOf(strip, { width, rows, valueOf })
    })
  const bands = bandsOf(heatmap.question)
  const strips = bands.flatMap(({ valueOf }) => band(valueOf))
  const { sizeM } = grid
  const tags: TiffTag[] = [
    { tag: 256, type: 'long', values: [width] },
    { tag: 257, type: 'long', values: [height] },
    { tag: 258, type: 'short', values: bands.map(() => 32) },
    { tag: 259, type: 'short', values: [DEFLATE] },
    { tag: 262, type: 'short', values: [1] },
    { tag: 277, type: 'short', values: [bands.length] },
    { tag: 278, type: 'long', values: [rowsPerStrip] },
    // Planar: all strips of band 1, then all of the next.
    { tag: 284, type: 'short', values: [2] },
    { tag: 338, type: 'short', values: bands.slice(1).map(() => 0) },
    { tag: 339, type: 'short', values: bands.map(() => 3) },
    { tag: 33550, type: 'double', values: [sizeM, sizeM, 0] },
    {
      tag: 33922,
      type: 'double',
      values: [0, 0, 0, columnMin * sizeM, (rowMax + 1) * sizeM, 0],
    },
    ...geoKeysOf(grid.epsg, region.centre),
    { tag: 42112, type: 'ascii', text: metadataOf(heatmap) },
    { tag: 42113, type: 'ascii', text: 'nan' },
  ]
  return layOutTiff(tags, strips)
}

interface Band {
  readonly name: string
  readonly valueOf: (cell: Cell) => number
}

function bandsOf({ kind }: HeatmapQuestion): Band[] {
  return [
    { name: 'score', valueOf: ({ score }) => score },
    { name: 'distance', valueOf: ({ distance }) => distance },
    ...(kind === 'best-scene'
      ? [{ name: 'scene', valueOf: ({ scene = '' }: Cell) => sceneByName(scene).index }]
      : []),
  ]
}

/** What the numbers of the band of scenes mean. */
function scenesInWords({ cells }: Heatmap): { readonly scenes?: string } {
  const tallies = tallyScenes(cells)
  if (tallies.length === 0) return {}
  return { scenes: tallies.map(({ scene }) => `${sceneByName(scene).index} ${scene}`).join(', ') }
}

function needsSquares(grid: CellGrid): InputError {
  const cells = grid.kind === 'h3' ? `h3:${grid.resolution}` : grid.kind
  return new InputError(
    'format-needs-squares',
    `Expected square cells for a GeoTIFF, got ${cells}`,
    {
      hint: 'ask with squares, e.g. --cells square:50m, or choose geojson, csv, kml or png',
    },
  )
}

interface Placed {
  readonly cell: Cell
  readonly column: number
  readonly row: number
}

function extentOf(placed: readonly Placed[]): Extent {
  let [columnMin, columnMax, rowMin, rowMax] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { column, row } of placed) {
    columnMin = Math.min(columnMin, column)
    columnMax = Math.max(columnMax, column)
    rowMin = Math.min(rowMin, row)
    rowMax = Math.max(rowMax, row)
  }
  const width = columnMax - columnMin + 1
  const height = rowMax - rowMin + 1
  if (width * height <= PIXELS_MAX) return { columnMin, rowMax, width, height }
  throw new InputError(
    'raster-too-large',
    `Expected at most ${PIXELS_MAX} pixels for a GeoTIFF, got ${width} × ${height}`,
    { hint: 'choose larger cells, or geojson or csv, which hold only the searched cells' },
  )
}

interface Pixel {
  readonly cell: Cell
  readonly index: number
}

function groupByStrip(placed: readonly Placed[], extent: Extent, rowsPerStrip: number): Pixel[][] {
  const { columnMin, rowMax, width, height } = extent
  const count = Math.ceil(height / rowsPerStrip)
  const strips = Array.from({ length: count }, (): Pixel[] => [])
  for (const { cell, column, row } of placed) {
    const y = rowMax - row
    const index = (y % rowsPerStrip) * width + (column - columnMin)
    strips[Math.floor(y / rowsPerStrip)]?.push({ cell, index })
  }
  return strips
}

function stripOf(
  pixels: readonly Pixel[],
  shape: {
    readonly width: number
    readonly rows: number
    readonly valueOf: (cell: Cell) => number
  },
): Uint8Array {
  const bytes = new Uint8Array(shape.width * shape.rows * 4)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < bytes.length; i += 4) view.setFloat32(i, NaN, true)
  for (const { cell, index } of pixels) view.setFloat32(index * 4, shape.valueOf(cell), true)
  return deflateSync(bytes)
}

/** GDAL's XML: names of the bands, and what must be told with them. GDAL unescapes values twice. */
function metadataOf(heatmap: Heatmap): string {
  const { title, notice, region, cells, attribution, imageryDates, model } = captionOf(heatmap)
  const scenes = scenesInWords(heatmap)
  const facts = {
    title,
    notice,
    region,
    cells,
    attribution,
    imagery: imageryDates,
    model,
    ...scenes,
  }
  const items = Object.entries(facts).map(
    ([name, value]) => `<Item name="${name.toUpperCase()}">${escapeXml(escapeXml(value))}</Item>`,
  )
  const bands = bandsOf(heatmap.question).map(
    ({ name }, i) => `<Item name="DESCRIPTION" sample="${i}" role="description">${name}</Item>`,
  )
  return `<GDALMetadata>${[...items, ...bands].join('')}</GDALMetadata>`
}
