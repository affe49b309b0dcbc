/**
 * The biography of a datum: only types that cross from one folder of `src/` into the next.
 * Axis order: arrays are `[lon, lat]`; pixels `{ x, y }` from the top left; tensors NCHW, RGB.
 */
import type { MultiPolygon, Polygon } from 'geojson'

/** WGS84 degrees. */
export interface LonLat {
  readonly lon: number
  readonly lat: number
}

/** `[west, south, east, north]` degrees. */
export type Bbox = readonly [west: number, south: number, east: number, north: number]

/** The polygon being searched, GeoJSON axis order, holes allowed. */
export type Boundary = Polygon | MultiPolygon

/** How the points of a region came about; with the seed and the extract's hash it can be repeated. */
export type Sampling =
  | {
      readonly kind: 'roads'
      readonly extract: string
      readonly extractSha256: string
      readonly points: number
      readonly seed: number
    }
  | { readonly kind: 'grid'; readonly stepM: number; readonly whereImagery: boolean }
  | { readonly kind: 'patches'; readonly file: string }

/** What is searched, and everything needed to repeat the build. `imagery` holds no secret. */
export interface Region {
  readonly id: number
  readonly name: string
  readonly boundary: Boundary
  /** Centre of the region's Lambert azimuthal equal-area projection: bbox centre rounded to 0.01°. */
  readonly centre: LonLat
  readonly sampling: Sampling
  readonly imagery: Readonly<Record<string, unknown>>
  readonly attribution: string
  /** The overhead model; vectors of another model are refused. */
  readonly model: { readonly name: string; readonly sha256: string }
  /** Metres per pixel of the patches. */
  readonly gsd: number
  /** Filled in by the build: what computed the vectors, e.g. `cpu` and `avx512_vnni`. */
  readonly runtime: BuildRuntime | null
  /** `building`: wanted, whoever works on it; `stopped`: by hand, or because the source refused us. */
  readonly state: 'created' | 'building' | 'stopped' | 'built'
  /** What holds the build up; null while batches are stored. */
  readonly problem: BuildProblem | null
  readonly createdAt: string
}

/** What computes the vectors of a region, and how. */
export interface BuildRuntime {
  readonly executionProvider: string
  readonly instructionSet: string
  /** Patches every so many metres, read from whole windows; absent: patch by patch. Never mixed. */
  readonly denseM?: number
}

/** Why a build waits or has stopped. Times are ISO. */
export interface BuildProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly at: string
  /** Absent when no waiting helps. */
  readonly nextTryAt?: string
}

/** A sampled position on a road, or the centre of a grid cell. `id` counts from 0 within the region. */
export interface RoadPoint extends LonLat {
  readonly id: number
}

/** `rgb8[height, width, 3]`, row-major, sRGB. */
export interface Rgb8 {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Where the pixels of a patch came from: files or tiles (`z/x/y`), the window in them, the server's ETag. */
export interface SourceReference {
  /** The kind of imagery source, as its configuration names it. */
  readonly kind: string
  readonly items: readonly string[]
  /** `[x, y, width, height]` px in the first item, where that says something. */
  readonly window?: readonly [x: number, y: number, width: number, height: number]
  readonly etag?: string
  /** Metres per pixel of the source's pixels, where they are coarser than the patch's. */
  readonly gsd?: number
  /** Only of dense builds: the patch is a part of this window, and not exactly on its point. */
  readonly dense?: DenseReference
}

/** Where a patch lies in a window of a dense build. */
export interface DenseReference {
  /** `[lon, lat]` of the window's centre, and the window's side, px. */
  readonly centre: readonly [lon: number, lat: number]
  readonly windowPx: number
  /** `[x, y]` px of the patch's top left corner in the window. */
  readonly square: readonly [x: number, y: number]
  /** From the point to the centre of the patch, metres. */
  readonly distanceM: number
}

/** Square overhead crop centred on a road point, true north up. */
export interface Patch {
  readonly image: Rgb8
  /** ISO date of capture, where the source tells one. */
  readonly capturedOn: string | null
  readonly reference: SourceReference
}

/** Raw logits over the 365 scenes, `float32[365]`. */
export type Logits = Float32Array

/** A row of the gallery before it is written: what one road point looks like from above. */
export interface EmbeddedPoint extends RoadPoint {
  /** Metres in the region's projection. */
  readonly x: number
  readonly y: number
  /** H3 index at resolution 15. */
  readonly h3: bigint
  readonly capturedOn: string | null
  readonly reference: SourceReference
  /** SHA-256 of the patch's `rgb8` bytes, hex. */
  readonly patchSha256: string
  readonly logits: Logits
}

/** One point for which there is no patch, with the stable reason (`outside-imagery`, `nodata` …). */
export interface UnavailablePoint {
  readonly id: number
  readonly reason: string
}

/**
 * A query as the gallery evaluates it: `distance = scale × op(vector, row) + offset`, smaller is better.
 * `l2` is the Euclidean distance, `-dot` the negative inner product.
 */
export interface GalleryQuery {
  readonly operator: 'l2' | '-dot'
  readonly vector: Float32Array
  /** Multiplies rows and query class by class before an `l2`; absent when all weights are equal. */
  readonly weights?: Float32Array
  readonly scale: number
  readonly offset: number
}

/** How a region is cut into cells. Squares lie in the region's own projection or in a named CRS. */
export type CellGrid =
  | { readonly kind: 'square'; readonly sizeM: number; readonly epsg: number | null }
  | { readonly kind: 'h3'; readonly resolution: number }

/** `column,row` of a square (counted from the projection's origin, row northwards) or an H3 index in hex. */
export type CellKey = string

/** What the gallery knows of one cell: its best point and how many it holds. */
export interface CellDistance {
  readonly key: CellKey
  readonly distance: number
  readonly point: RoadPoint
  readonly pointCount: number
  /** Only on a map of the best scene per cell: that scene. */
  readonly scene?: string
}

/** One unit of the heatmap grid, ranked. */
export interface Cell extends CellDistance {
  /** 1 is best; ties share the worse rank. */
  readonly rank: number
  /** `(worst − distance) / (worst − best)`, 0…1. */
  readonly score: number
  /** The reference's rule: score ≥ 0.9. */
  readonly isGood: boolean
  /** The part of the cell inside the region. */
  readonly areaKm2: number
}

/** Which imagery a question looks at: patches that may have been captured in a span of dates, one of each point. */
export interface ImageryDates {
  /** First and last ISO year, month or day; null: no limit. With a limit, patches without a date do not count. */
  readonly from: string | null
  readonly to: string | null
  /** Of several dates of a point, the one nearest to this ISO date counts; null: the latest. */
  readonly nearestTo: string | null
}

/** What was asked, as it is shown and stored. */
export type HeatmapQuestion =
  | { readonly kind: 'photo'; readonly photos: readonly { name: string; sha256: string }[] }
  | { readonly kind: 'scene'; readonly expression: string; readonly scenes: readonly string[] }
  | { readonly kind: 'best-scene' }
  | { readonly kind: 'embedding' }

/** Cells with scores for one query, sorted by rank. Cells without points are not in it: not searched. */
export interface Heatmap {
  readonly question: HeatmapQuestion
  readonly region: Region
  readonly grid: CellGrid
  readonly cells: readonly Cell[]
  readonly best: number
  readonly worst: number
  /** Points that had imagery, those that had none, and those that the build has not reached. */
  readonly pointCount: number
  readonly unavailableCount: number
  readonly pendingCount: number
  /** Earliest and latest capture date of the imagery, where known. */
  readonly capturedBetween: readonly [from: string, to: string] | null
  /** Only where dates were asked for; points are left out whose imagery is of another date, or of no known one. */
  readonly dates?: ImageryDates & {
    readonly leftOut: { readonly otherDate: number; readonly undated: number }
  }
}

/** A gallery row returned for a query, with what both sides show. */
export interface Candidate {
  readonly rank: number
  readonly point: RoadPoint
  readonly distance: number
  readonly capturedOn: string | null
  readonly reference: SourceReference
  readonly patchSha256: string
  /** Softmax shares of the patch's own best scenes. */
  readonly scenes: readonly SceneShare[]
  /** Scenes that both the photo and the patch show, strongest agreement first. */
  readonly sharedScenes: readonly string[]
}

/** A scene and its softmax share, 0…1. */
export interface SceneShare {
  readonly scene: string
  readonly share: number
}
