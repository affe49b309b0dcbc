/**
 * What is asked of a gallery, and what it answers: the types of the journey from query to heatmap
 * that cross folders. The other journey, from region to embedding: `types.ts`.
 */
import type { Region, RoadPoint, SourceReference } from './types.ts'

/**
 * A query as the gallery evaluates it: `distance = scale × op(vector, row) + offset`, smaller is
 * better. `l2` is the Euclidean distance, `-dot` the negative inner product.
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

/**
 * `column,row` of a square (counted from the projection's origin, row northwards) or an H3 index in
 * hex.
 */
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

/**
 * Which imagery a question looks at: patches that may have been captured in a span of dates, one of
 * each point.
 */
export interface ImageryDates {
  /**
   * First and last ISO year, month or day; null: no limit. With a limit, patches without a date do
   * not count.
   */
  readonly from: string | null
  readonly to: string | null
  /** Of several dates of a point, the one nearest to this ISO date counts; null: the latest. */
  readonly nearestTo: string | null
}

/** Weight of each level-1 group of scenes, default 1. */
export type GroupWeights = Readonly<Partial<Record<'manMade' | 'natural' | 'indoor', number>>>

/** What was asked, as it is shown and stored. */
export type HeatmapQuestion =
  | ({
      readonly kind: 'photo'
      readonly photos: readonly { name: string; sha256: string }[]
    } & QuestionLimits)
  | {
      readonly kind: 'scene'
      readonly expression: string
      readonly scenes: readonly string[]
      /** Those of `scenes` that the overhead model learned of no labelled ground. */
      readonly untaught?: readonly string[]
      /**
       * Searched for by what photos of it show, or, where no photo was labelled so, photos most
       * like it: distances are those of a photo, not σ of the scene's logit.
       */
      readonly byPhotos?: 'of-it' | 'like-it'
    }
  | { readonly kind: 'best-scene' }
  | ({ readonly kind: 'embedding' } & QuestionLimits)

/** What limits the answer to photos or embeddings. */
export interface QuestionLimits {
  /** How much of what they show is indoors, 0…1; absent: half or less. */
  readonly indoorShare?: number
  /** Of the groups of scenes; absent: all count alike. */
  readonly groupWeights?: GroupWeights
}

/**
 * Cells with scores for one query, sorted by rank. Cells without points are not in it: not
 * searched.
 */
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
  /**
   * Only where dates were asked for; points are left out whose imagery is of another date, or of no
   * known one.
   */
  readonly dates?: ImageryDates & {
    readonly leftOut: { readonly otherDate: number; readonly undated: number }
  }
}

/** A gallery row returned for a query, with what both sides show. */
export interface Candidate {
  /** Of its cell. */
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
