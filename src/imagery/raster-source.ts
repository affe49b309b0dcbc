/**
 * Pictures of several dates, in rasters of any CRS → patches: the newest that shows a place whole.
 */
import type { MultiPolygon } from 'geojson'
import { BadDataError, UpstreamError } from '../errors.ts'
import type { PixelRect } from '../image/resample.ts'
import type { LonLat, Patch, SourceReference } from '../types.ts'
import type { PixelLayer } from './cut.ts'
import { commonDate, cutNewest, datesOf, type DatedLayers } from './dates.ts'
import { referenceOf } from './raster-layers.ts'
import type {
  ImagerySource,
  ImageryWindow,
  PatchRequest,
  PatchSize,
  Piece,
  PixelSquare,
} from './source.ts'
import { cutWindow } from './window.ts'

/** Where a source's pictures come from. */
export interface Pictures {
  /** Those around a patch, newest first; those of unknown date last. */
  near(at: LonLat, size: PatchSize): readonly DatedLayers[]
  /** Does the whole patch lie in them, of whatever dates? Geometry only. */
  covers(at: LonLat, size: PatchSize): boolean
  footprint(): MultiPolygon
  /** As of a source; where it is known without opening files. */
  advice?(size: PatchSize): readonly string[]
  /** The same ones, none of them read yet; where it takes long to list them. */
  fresh?(): Pictures
  close(): Promise<void>
}

/** What a source is besides its pictures. */
export interface RasterIdentity {
  readonly kind: string
  readonly attribution: string
}

/** A source of dated pictures. */
export class RasterSource implements ImagerySource {
  readonly attribution: string
  readonly fresh?: () => ImagerySource
  readonly #kind: string
  readonly #pictures: Pictures

  constructor(identity: RasterIdentity, pictures: Pictures) {
    this.attribution = identity.attribution
    this.#kind = identity.kind
    this.#pictures = pictures
    const fresh = pictures.fresh?.bind(pictures)
    if (fresh !== undefined) this.fresh = () => new RasterSource(identity, fresh())
  }

  async patch(at: LonLat, size: PatchRequest, signal: AbortSignal): Promise<Patch> {
    const cut = await tryAgain(() =>
      cutNewest(this.#pictures.near(at, size), { at, size }, signal),
    ).catch((error: unknown) => {
      // Of a date that is asked for, that is all there is to say: there are others.
      throw size.capturedOn === undefined ? asMissing(error) : error
    })
    const { image, layer, rect, capturedOn } = cut
    return { image, capturedOn, reference: this.#refer(layer, rect) }
  }

  async window(at: LonLat, size: PatchRequest, signal: AbortSignal): Promise<ImageryWindow> {
    const cut = await tryAgain(() =>
      cutNewestWindow(this.#pictures.near(at, size), { at, size }, signal),
    ).catch((error: unknown) => {
      throw asMissing(error)
    })
    const nameSource = (square: PixelSquare): SourceReference => {
      const { layer, rect } = cut.sourceOf(square)
      return this.#refer(layer, rect)
    }
    return { ...cut, referenceOf: nameSource }
  }

  async vintages(at: LonLat, size: PatchSize): Promise<readonly string[]> {
    return this.#pictures
      .near(at, size)
      .flatMap((date) => (date.capturedOn !== null && date.covers() ? date.capturedOn : []))
  }

  piecesOf(at: LonLat, size: PatchSize): readonly Piece[] {
    const near = this.#pictures.near(at, size)
    const newest = near.length > 1 ? near.find((date) => date.covers()) : undefined
    const hosts = (newest === undefined ? near : [newest]).flatMap((date) => date.hosts())
    return hosts.map((host, index) => ({
      name: `${String(at.lon)},${String(at.lat)} ${String(index)}`,
      host,
    }))
  }

  coversPatch(at: LonLat, size: PatchSize): boolean {
    return this.#pictures.covers(at, size)
  }

  async footprint(): Promise<MultiPolygon> {
    return this.#pictures.footprint()
  }

  advice(size: PatchSize): readonly string[] {
    return this.#pictures.advice?.(size) ?? []
  }

  async close(): Promise<void> {
    await this.#pictures.close()
  }

  #refer(layer: PixelLayer, rect: PixelRect): SourceReference {
    return { kind: this.#kind, ...referenceOf(layer, rect) }
  }
}

/**
 * A window of the newest date that shows it whole; where none does, all complete each other and its
 * date is not known.
 */
async function cutNewestWindow(
  near: readonly DatedLayers[],
  { at, size }: { readonly at: LonLat; readonly size: PatchRequest },
  signal: AbortSignal,
) {
  const dates = datesOf(near, size)
  const whole = dates.length > 1 ? dates.filter((date) => date.covers()) : []
  for (const date of whole) {
    const cut = await cutWindow(await date.layers(), { at, size }, signal)
    if (cut.missing === null) return { ...cut, capturedOn: date.capturedOn }
  }
  const layers = (await Promise.all(dates.map((date) => date.layers()))).flat()
  return { ...(await cutWindow(layers, { at, size }, signal)), capturedOn: commonDate(dates) }
}

/**
 * Files that a server has exchanged are opened anew where they are opened when needed: then the
 * second try succeeds.
 */
async function tryAgain<T>(cut: () => Promise<T>): Promise<T> {
  try {
    return await cut()
  } catch (error) {
    if (error instanceof UpstreamError && error.code === 'file-changed') return cut()
    throw error
  }
}

/**
 * A file that its server does not have, where no older one serves, may be there later; and where
 * none is, it is the server's doing. So it is judged like a tile that does not come.
 */
function asMissing(error: unknown): unknown {
  if (!(error instanceof BadDataError) || error.code !== 'file-unreadable') return error
  const { message, hint, facts } = error
  return new UpstreamError('file-missing', message, {
    ...(hint && { hint }),
    facts,
    cause: error,
  })
}
