/**
 * Adjacent rasters on one pixel grid (same CRS, same pixel size, whole pixels apart) → one layer of pixels, so
 * that a patch across their border is the same as from a single file.
 */
import type { PixelRect, PixelWindow } from '../image/resample.ts'
import type { LonLat } from '../types.ts'
import { dropValidity } from './bands.ts'
import type { ByteCache } from './byte-cache.ts'
import type { PixelLayer } from './cut.ts'
import { applyAffine, invertAffine, type Affine } from './georeference.ts'
import type { RasterLevel } from './raster.ts'

/** A level and where its first pixel lies in the layer. */
export interface Member {
  readonly level: RasterLevel
  readonly x: number
  readonly y: number
}

/** A layer made of files. */
export interface MosaicLayer extends PixelLayer {
  readonly members: readonly Member[]
}

/** Offsets further from a whole pixel than this make another layer; so do sizes that drift by as much. */
const OFFSET_TOLERANCE_PX = 0.01

/** Where a level lies on the grid of another, if it does. */
function offsetOn(base: RasterLevel, level: RasterLevel): { x: number; y: number } | null {
  if (base.raster.georeference.crs !== level.raster.georeference.crs) return null
  const toPixel = invertAffine(base.affine)
  const corner = (u: number, v: number): [number, number] =>
    applyAffine(toPixel, ...applyAffine(level.affine, u, v))
  const [left, top] = corner(0, 0)
  const [right, bottom] = corner(level.width, level.height)
  const [x, y] = [Math.round(left), Math.round(top)]
  const misses = [left - x, top - y, right - x - level.width, bottom - y - level.height]
  return misses.every((miss) => Math.abs(miss) <= OFFSET_TOLERANCE_PX) ? { x, y } : null
}

/** Groups levels into layers, in the order of the levels; the first of a group wins where they overlap. */
export function createMosaics(levels: readonly RasterLevel[], cache: ByteCache): MosaicLayer[] {
  const groups: Member[][] = []
  for (const level of levels) {
    const member = { level, x: 0, y: 0 }
    const group = groups.find(([first]) => first !== undefined && offsetOn(first.level, level))
    const offset = group?.[0] === undefined ? null : offsetOn(group[0].level, level)
    if (group === undefined || offset === null) groups.push([member])
    else group.push({ level, ...offset })
  }
  return groups.map((members) => createMosaic(members, cache))
}

function createMosaic(members: readonly Member[], cache: ByteCache): MosaicLayer {
  const base = members[0] as Member
  const { projection } = base.level.raster.georeference
  const toGrid: Affine = invertAffine(base.level.affine)
  return {
    members,
    toPixel: (place: LonLat) => applyAffine(toGrid, ...projection.forward(place)),
    covers: (u, v) =>
      members.some(
        ({ level, x, y }) => u >= x && v >= y && u <= x + level.width && v <= y + level.height,
      ),
    readWindow: (rect, signal) => readWindow({ members, cache, signal }, rect),
  }
}

interface Reading {
  readonly members: readonly Member[]
  readonly cache: ByteCache
  readonly signal: AbortSignal
}

/** The common part of two rectangles; `null` when there is none. */
function intersect(a: PixelRect, b: PixelRect): PixelRect | null {
  const x = Math.max(a.x, b.x)
  const y = Math.max(a.y, b.y)
  const width = Math.min(a.x + a.width, b.x + b.width) - x
  const height = Math.min(a.y + a.height, b.y + b.height) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

/** A decoded block, placed in the layer. */
type Piece = PixelWindow

async function readWindow(reading: Reading, rect: PixelRect): Promise<PixelWindow> {
  const pieces = (
    await Promise.all(reading.members.map((member) => readPieces(reading, member, rect)))
  ).flat()
  const window = {
    ...rect,
    channels: 4 as const,
    data: new Uint8Array(rect.width * rect.height * 4),
  }
  for (const piece of pieces) paintPiece(window, piece)
  if (isAllValid(window.data)) return { ...rect, channels: 3, data: dropValidity(window.data) }
  return window
}

async function readPieces(reading: Reading, member: Member, rect: PixelRect): Promise<Piece[]> {
  const { level, x: left, y: top } = member
  const own = intersect(rect, { x: left, y: top, width: level.width, height: level.height })
  if (own === null) return []
  const blocks: Promise<Piece>[] = []
  const firstRow = Math.floor((own.y - top) / level.blockHeight)
  const firstColumn = Math.floor((own.x - left) / level.blockWidth)
  for (let row = firstRow; row * level.blockHeight < own.y - top + own.height; row++) {
    for (let column = firstColumn; column * level.blockWidth < own.x - left + own.width; column++) {
      blocks.push(readBlock(reading, member, { row, column }))
    }
  }
  return Promise.all(blocks)
}

async function readBlock(
  { cache, signal }: Reading,
  { level, x: left, y: top }: Member,
  { row, column }: { readonly row: number; readonly column: number },
): Promise<Piece> {
  const x = column * level.blockWidth
  const y = row * level.blockHeight
  const width = Math.min(level.blockWidth, level.width - x)
  const height = Math.min(level.blockHeight, level.height - y)
  const key = `${level.raster.file}\n${String(level.index)}/${String(row)}/${String(column)}`
  signal.throwIfAborted()
  // The work is shared, so one waiting caller that gives up must not end it for the others.
  const data = await cache.get(key, () =>
    level.raster.readPixels(level.index, { x, y, width, height }, new AbortController().signal),
  )
  const channels = data.length === width * height * 3 ? 3 : 4
  return { x: left + x, y: top + y, width, height, channels, data }
}

/** Copies a block's pixels to where nothing is yet. */
function paintPiece(window: PixelWindow, piece: Piece): void {
  const part = intersect(window, piece)
  if (part === null) return
  const { channels } = piece
  for (let y = part.y; y < part.y + part.height; y++) {
    let from = ((y - piece.y) * piece.width + part.x - piece.x) * channels
    let to = ((y - window.y) * window.width + part.x - window.x) * 4
    for (let x = 0; x < part.width; x++, from += channels, to += 4) {
      if (window.data[to + 3] !== 0) continue
      window.data[to] = piece.data[from] as number
      window.data[to + 1] = piece.data[from + 1] as number
      window.data[to + 2] = piece.data[from + 2] as number
      window.data[to + 3] = channels === 3 ? 255 : (piece.data[from + 3] as number)
    }
  }
}

function isAllValid(pixels: Uint8Array): boolean {
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 255) return false
  return true
}
