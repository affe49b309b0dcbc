/** Patches → rows of the gallery. */
import { createHash } from 'node:crypto'
import { latLngToCell } from 'h3-js'
import type { Encoder } from '../embedding/encoder.ts'
import { createLaea } from '../geo/projection.ts'
import type { EmbeddedPoint, Region, RoadPoint } from '../types.ts'
import type { CutPatch } from './cut-patches.ts'

/** Embeds the patches of one claim; the order stays. */
export async function embedPatches(
  { region, encoder }: { readonly region: Region; readonly encoder: Encoder },
  cut: readonly CutPatch[],
): Promise<EmbeddedPoint[]> {
  if (cut.length === 0) return []
  const logits = await encoder.encode(cut.map(({ patch }) => patch.image))
  const classes = encoder.card.classes
  const makeRow = createRowMaker(region)
  return cut.map(({ point, patch: { image, capturedOn, reference } }, i) =>
    makeRow(point, {
      capturedOn,
      reference,
      patchSha256: createHash('sha256').update(image.data).digest('hex'),
      logits: logits.subarray(i * classes, (i + 1) * classes),
    }),
  )
}

/** What a row holds besides its place. */
export type RowContent = Pick<EmbeddedPoint, 'capturedOn' | 'reference' | 'patchSha256' | 'logits'>

/**
 * Makes the function that puts a point and its content together, with its place in the region's
 * projection and in H3.
 */
export function createRowMaker(region: Region) {
  const projection = createLaea(region.centre)
  return ({ id, lon, lat }: RoadPoint, content: RowContent): EmbeddedPoint => {
    const [x, y] = projection.forward({ lon, lat })
    return { id, lon, lat, x, y, h3: BigInt(`0x${latLngToCell(lat, lon, 15)}`), ...content }
  }
}
