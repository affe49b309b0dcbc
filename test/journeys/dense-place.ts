/**
 * A place for dense builds: blotches of materials that the tiny model knows, a hole without data,
 * an end.
 */
import { join } from 'node:path'
import type { RegionRequest } from '../../src/journeys/create-region.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { cornerOf, drawRaster, writeRaster } from '../fixtures/rasters.ts'

const MATERIALS = [
  [40, 90, 150],
  [165, 80, 60],
  [110, 110, 112],
  [40, 80, 35],
] as const

/** 450 × 400 m at 0.5 m/px: two windows and a bit each way. */
const plan = {
  epsg: 32632,
  centre: { lon: 9.002, lat: 47.2 },
  width: 900,
  height: 800,
  pixelSize: 0.5,
}

/** Writes the picture; @returns its file */
export async function drawDensePlace(folder: string): Promise<string> {
  const data = drawRaster(plan, (eastM, northM) => {
    const [column, row] = [Math.floor(eastM / 37), Math.floor(northM / 29)]
    return MATERIALS[(column * 7 + row * 3 + (column * row) ** 2) & 3]!
  })
  for (let y = 150; y < 230; y++)
    data.fill(0, (y * plan.width + 200) * 3, (y * plan.width + 290) * 3)
  const file = join(folder, 'blotches.tif')
  await writeRaster(file, { ...plan, data, samples: 3, corner: cornerOf(plan), nodata: 0 })
  return file
}

/** A grid over the place, beyond its end in the north and east. */
export function gridRequest(name: string, file: string, stepM: number): RegionRequest {
  return {
    name,
    imagery: { kind: 'geotiff', files: [file], capturedOn: '2024-05-06' },
    sampling: { kind: 'grid', stepM, whereImagery: false },
    boundary: boundaryFromBbox([9.0001, 47.1988, 9.0055, 47.2024]),
  }
}
