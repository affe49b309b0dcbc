import { expect, test } from 'vitest'
import { readRoadNetwork } from '../../src/roads/read-network.ts'
import { describeWithShared, sharedPath } from '../shared.ts'
import { measureSlowly } from './slow-reader.ts'

describeWithShared('real extracts', () => {
  for (const name of ['andorra', 'baltimore', 'harrisburg', 'liechtenstein', 'monaco'])
    test(`${name}: ways, segments and length are what osm-pbf-parser and Karney say`, async () => {
      const path = sharedPath(`data/osm/${name}.osm.pbf`)
      const network = await readRoadNetwork(path, {
        boundary: null,
        threads: 1,
        signal: new AbortController().signal,
      })
      const { wayCount, segmentCount, missingNodeCount, lengthM } = await measureSlowly(path)
      expect(network).toMatchObject({ wayCount, segmentCount, missingNodeCount })
      // Rounding to millimetres is all that may differ: on average nothing, at worst half of one per segment.
      expect(Math.abs(network.totalMm / 1000 - lengthM)).toBeLessThan(
        0.0005 * Math.sqrt(segmentCount) * 4,
      )
    })
})
