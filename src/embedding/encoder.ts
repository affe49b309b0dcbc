/** The seam between pixels and logits. */
import type { Logits, Rgb8 } from '../types.ts'
import type { ModelCard } from './card.ts'
import type { LogitsMap } from './logits-map.ts'

/** What computed the logits; stored with a region because float results differ between CPUs. */
export interface EncoderRuntime {
  readonly executionProvider: string
  readonly instructionSet: string
}

/** A loaded model of one view. */
export interface Encoder {
  readonly card: ModelCard
  readonly runtime: EncoderRuntime
  /**
   * Images → raw logits, `float32[n, 365]` row-major. Images of any size for the ground view;
   * patches of the card's size for the overhead view.
   */
  encode(images: readonly Rgb8[]): Promise<Float32Array>
  /**
   * One large image of whole strides → its map of logits; only models with a `logitsmap` have it.
   * @throws {InputError} `window-size` when a side is no whole number of strides
   */
  encodeMap?(image: Rgb8): Promise<LogitsMap>
  /**
   * The logits that photos of scene `index` have on the mean; only models with prototypes have it.
   */
  prototype?(index: number): Promise<Logits>
  close(): Promise<void>
}
