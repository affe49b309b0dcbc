/** Patches → rows of the gallery. */
import { createHash } from 'node:crypto'
import { latLngToCell } from 'h3-js'
import type { Encoder } from '../embedding/encoder.ts'
import { createLaea } from '../geo/projection.ts'
import type { EmbeddedPoint, Region } from '../types.ts'
import type { CutPatch } from './cut-patches.ts'

/** Embeds the patches of one claim; the order stays. */
export async function embedPatches(
  { region, encoder }: { readonly region: Region; readonly encoder: Encoder },
  cut: readonly CutPatch[],
): Promise<EmbeddedPoint[]> {
  if (cut.length === 0) return []
  const logits = await encoder.encode(cut.map(({ patch }) => patch.image))
  const classes = encoder.card.classes
  const projection = createLaea(region.centre)
  return cut.map(({ point: { id, lon, lat }, patch }, i) => {
    const [x, y] = projection.forward({ lon, lat })
    return {
      id,
      lon,
      lat,
      x,
      y,
      h3: BigInt(`0x${latLngToCell(lat, lon, 15)}`),
      capturedOn: patch.capturedOn,
      reference: patch.reference,
      patchSha256: createHash('sha256').update(patch.image.data).digest('hex'),
      logits: logits.slice(i * classes, (i + 1) * classes),
    }
  })
}
