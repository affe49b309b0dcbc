/** A made-up sheet: twenty candidates of a made-up town. */
import type { Sheet } from '../../src/heatmap/sheet.ts'
import { makeTown } from './made-heatmap.ts'

/** @param jpeg  stands for the photo and for every patch */
export function makeSheet(jpeg: Uint8Array): Sheet {
  const heatmap = makeTown('square:500m')
  return {
    heatmap,
    photo: {
      name: 'frame <7> & "co".jpg',
      sha256: 'cd'.repeat(32),
      scenes: [
        { scene: 'harbor', share: 0.612 },
        { scene: 'boat_deck', share: 0.2 },
      ],
      jpeg,
    },
    candidates: heatmap.cells.slice(0, 20).map((cell, i) => ({
      rank: i + 1,
      point: cell.point,
      distance: cell.distance,
      capturedOn: i === 1 ? null : '2019-08-04',
      reference: { kind: 'geotiff', items: ['a.tif'] },
      patchSha256: 'ef'.repeat(32),
      scenes: [{ scene: 'harbor', share: 0.31 }],
      sharedScenes: i === 2 ? [] : ['harbor', 'pier'],
      patchJpeg: i === 3 ? null : jpeg,
      ...(i === 3 && { patchNote: 'not available now: no-imagery' }),
    })),
  }
}
