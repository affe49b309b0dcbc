import { describe, expect, test } from 'vitest'
import { withoutFolders } from '../../src/heatmap/named-files.ts'
import { renderGeoJson } from '../../src/heatmap/geojson.ts'
import { makeTown } from './made-heatmap.ts'

const roads = { kind: 'roads', extractSha256: 'ab12', points: 9, seed: 1 } as const

describe('withoutFolders', () => {
  test.each(['/home/alice/osm/town.osm.pbf', String.raw`C:\alice\town.osm.pbf`, 'town.osm.pbf'])(
    '%s is named by its file alone',
    (extract) => {
      expect(withoutFolders({ ...roads, extract })).toEqual({ ...roads, extract: 'town.osm.pbf' })
    },
  )

  test('a list of patches is named by its file alone, and a grid stays as it is', () => {
    expect(withoutFolders({ kind: 'patches', file: '/home/alice/p.csv' })).toEqual({
      kind: 'patches',
      file: 'p.csv',
    })
    const grid = { kind: 'grid', stepM: 10, whereImagery: true } as const
    expect(withoutFolders(grid)).toEqual(grid)
  })

  test('a GeoJSON file holds no folder', () => {
    const town = makeTown()
    const region = { ...town.region, sampling: { ...roads, extract: '/home/alice/t.osm.pbf' } }
    const text = renderGeoJson({ ...town, region })
    expect(text).toContain('"extract":"t.osm.pbf"')
    expect(text).not.toContain('alice')
  })
})
