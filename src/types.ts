/**
 * The biography of a datum, from region to embedding: only types that cross from one folder of
 * `src/` into the next. What is asked of a gallery, and what it answers: `heatmap-types.ts`. Axis
 * order: arrays are `[lon, lat]`; pixels `{ x, y }` from the top left; tensors NCHW, RGB.
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

/**
 * How the points of a region came about; with the seed and the extract's hash it can be repeated.
 */
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
  /**
   * Centre of the region's Lambert azimuthal equal-area projection: bbox centre rounded to 0.01°.
   */
  readonly centre: LonLat
  readonly sampling: Sampling
  readonly imagery: Readonly<Record<string, unknown>>
  /** Of its source, and of earlier ones that rows were cut from. */
  readonly attribution: string
  /** The overhead model; vectors of another model are refused. */
  readonly model: { readonly name: string; readonly sha256: string }
  /** Metres per pixel of the patches. */
  readonly gsd: number
  /** Filled in by the build: what computed the vectors, e.g. `cpu` and `avx512_vnni`. */
  readonly runtime: BuildRuntime | null
  /**
   * `building`: wanted, whoever works on it; `stopped`: by hand, or because the source refused us.
   */
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

/**
 * A sampled position on a road, or the centre of a grid cell. `id` counts from 0 within the region.
 */
export interface RoadPoint extends LonLat {
  readonly id: number
}

/** `rgb8[height, width, 3]`, row-major, sRGB. */
export interface Rgb8 {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Levels of each colour (red, green, blue) of a file's samples that become 0 and 255. */
export type Stretch = readonly (readonly [low: number, high: number])[]
/** By file, as its source names it. */
export type Stretches = Readonly<Record<string, Stretch>>

/**
 * Where the pixels of a patch came from: files or tiles (`z/x/y`), the window in them, the server's
 * ETag.
 */
export interface SourceReference {
  /** The kind of imagery source, as its configuration names it. */
  readonly kind: string
  readonly items: readonly string[]
  /** `[x, y, width, height]` px in the first item, where that says something. */
  readonly window?: readonly [x: number, y: number, width: number, height: number]
  readonly etag?: string
  /** Metres per pixel of the source's pixels, where they are coarser than the patch's. */
  readonly gsd?: number
  /** Which of the sources that the region had, in turn; absent: the first. */
  readonly source?: number
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

/**
 * One point for which there is no patch, with the stable reason (`outside-imagery`, `nodata` …).
 */
export interface UnavailablePoint {
  readonly id: number
  readonly reason: string
}
