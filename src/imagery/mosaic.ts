/**
 * Adjacent rasters on one pixel grid (same CRS, same pixel size, whole pixels apart) → one layer of
 * pixels, so that a patch across their border is the same as from a single file.
 */
import Flatbush from 'flatbush'
import type { PixelRect, PixelWindow } from '../image/resample.ts'
import type { LonLat } from '../types.ts'
import type { ByteCache } from './byte-cache.ts'
import type { PixelLayer } from './cut.ts'
import { intersect } from './pixel-window.ts'
import { applyAffine, invertAffine, type Affine } from './georeference.ts'
import type { Raster, RasterLevel } from './raster.ts'

/** A level and where its first pixel lies in the layer. */
export interface Member {
  readonly level: RasterLevel
  readonly x: number
  readonly y: number
}

/** A layer made of files. */
export interface MosaicLayer extends PixelLayer {
  readonly members: readonly Member[]
  /**
   * Those that a rectangle of pixels meets, its border included, in their order: a town may have
   * thousands of tiles.
   */
  membersIn(rect: PixelRect): Member[]
}

/**
 * Offsets further from a whole pixel than this make another layer; so do sizes that drift by as
 * much.
 */
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

/**
 * Groups levels into layers, in the order of the levels; the first of a group wins where they
 * overlap.
 */
export function createMosaics(
  levels: readonly RasterLevel[],
  cache: ByteCache<Uint8Array>,
): MosaicLayer[] {
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

function createMosaic(members: readonly Member[], cache: ByteCache<Uint8Array>): MosaicLayer {
  const base = members[0] as Member
  const { projection } = base.level.raster.georeference
  const toGrid: Affine = invertAffine(base.level.affine)
  const membersIn = indexMembers(members)
  return {
    members,
    membersIn,
    toPixel: (place: LonLat) => applyAffine(toGrid, ...projection.forward(place)),
    covers: (u, v) => membersIn({ x: u, y: v, width: 0, height: 0 }).length > 0,
    readPieces: async (rect, signal) => {
      const pieces = membersIn(rect).map((member) => readPieces({ cache, signal }, member, rect))
      return (await Promise.all(pieces)).flat()
    },
  }
}

function indexMembers(members: readonly Member[]): MosaicLayer['membersIn'] {
  const tree = new Flatbush(members.length)
  for (const { level, x, y } of members) tree.add(x, y, x + level.width, y + level.height)
  tree.finish()
  return ({ x, y, width, height }) => {
    // Where a projection has no place for a point, nothing is; the index would find everything.
    if (Number.isNaN(x) || Number.isNaN(y)) return []
    const found = tree.search(x, y, x + width, y + height)
    return found.sort((a, b) => a - b).flatMap((index) => members[index] ?? [])
  }
}

interface Reading {
  readonly cache: ByteCache<Uint8Array>
  readonly signal: AbortSignal
}

async function readPieces(
  reading: Reading,
  member: Member,
  rect: PixelRect,
): Promise<PixelWindow[]> {
  const { level, x: left, y: top } = member
  const own = intersect(rect, { x: left, y: top, width: level.width, height: level.height })
  if (own === null) return []
  const blocks: Promise<PixelWindow>[] = []
  const firstRow = Math.floor((own.y - top) / level.blockHeight)
  const firstColumn = Math.floor((own.x - left) / level.blockWidth)
  for (let row = firstRow; row * level.blockHeight < own.y - top + own.height; row++) {
    for (let column = firstColumn; column * level.blockWidth < own.x - left + own.width; column++) {
      blocks.push(readBlock(reading, member, { row, column }))
    }
  }
  return Promise.all(blocks)
}

let openedCount = 0
const serials = new WeakMap<Raster, number>()

/**
 * Tells opened rasters apart. Names and ETags do not: a file may be exchanged on a server that
 * tells no ETags, and two addresses may differ only in a parameter that was taken out of their
 * names.
 */
function serialOf(raster: Raster): number {
  const serial = serials.get(raster) ?? openedCount++
  serials.set(raster, serial)
  return serial
}

async function readBlock(
  { cache, signal }: Reading,
  { level, x: left, y: top }: Member,
  { row, column }: { readonly row: number; readonly column: number },
): Promise<PixelWindow> {
  const x = column * level.blockWidth
  const y = row * level.blockHeight
  const width = Math.min(level.blockWidth, level.width - x)
  const height = Math.min(level.blockHeight, level.height - y)
  const block = [serialOf(level.raster), level.index, row, column]
  signal.throwIfAborted()
  // The work is shared, so one waiting caller that gives up must not end it for the others.
  const data = await cache.get(block.join('/'), () =>
    level.raster.readPixels(level.index, { x, y, width, height }, new AbortController().signal),
  )
  const channels = data.length === width * height * 3 ? 3 : 4
  return { x: left + x, y: top + y, width, height, channels, data }
}
