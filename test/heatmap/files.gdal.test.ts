/** GDAL and OGR read our files back: an independent reader's view of place, CRS and values. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCellGeometry } from '../../src/geo/cells.ts'
import { renderCsv } from '../../src/heatmap/csv.ts'
import { renderGeoJson } from '../../src/heatmap/geojson.ts'
import { renderGeoTiff } from '../../src/heatmap/geotiff.ts'
import { renderKml } from '../../src/heatmap/kml.ts'
import { hexAt } from '../../src/heatmap/ramp.ts'
import type { Bbox } from '../../src/types.ts'
import { describeWithGdal } from '../shared.ts'
import { boxBoundary, makeBestScenes, makeHeatmap, makeTown } from './made-heatmap.ts'

// Not at once: when all suites are skipped no hook runs, and a folder would stay.
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heatmap-gdal-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const run = (command: string, args: readonly string[], input?: string) =>
  execFileSync(command, args, { encoding: 'utf8', ...(input !== undefined && { input }) })

interface GdalInfo {
  readonly geoTransform: readonly number[]
  readonly coordinateSystem: { readonly wkt: string }
  readonly metadata: Record<string, Record<string, string>>
  readonly bands: readonly {
    readonly type: string
    readonly noDataValue: number | string
    readonly description: string
  }[]
}

const infoOf = (path: string) => JSON.parse(run('gdalinfo', ['-json', path])) as GdalInfo

function makeBox(bbox: Bbox, cells: string) {
  const [west, south, east, north] = bbox
  const centre = { lon: (west + east) / 2, lat: (south + north) / 2 }
  return makeHeatmap({ boundary: boxBoundary(bbox), centre, cells })
}

/** Values of both bands at places, by GDAL's own transformation from WGS84 to the raster. */
function valuesAt(path: string, places: readonly { lon: number; lat: number }[]): number[][] {
  const lines = places.map(({ lon, lat }) => `${lon} ${lat}`).join('\n')
  const output = run('gdallocationinfo', ['-valonly', '-wgs84', path], lines)
  const values = output.trim().split(/\s+/).map(Number)
  return places.map((_, i) => values.slice(2 * i, 2 * i + 2))
}

describeWithGdal('GDAL on our GeoTIFF', () => {
  const far = () =>
    makeHeatmap({
      boundary: boxBoundary([-70.5, -34, -69, -33]),
      centre: { lon: -69.75, lat: -33.5 },
      cells: 'square:5km',
    })
  const lo = (cells: string) => makeBox([17.2, -29.3, 17.4, -29.1], cells)
  const krovak = (cells: string) => makeBox([14.9, 49.9, 15.1, 50.1], cells)
  const cases = {
    'town of 1 km squares': () => makeTown(),
    'town of 10 m squares': () => makeTown('square:10m'),
    'squares of EPSG:3035': () => makeTown('square:1km@3035'),
    'squares of EPSG:28992': () => makeTown('square:500m@28992'),
    'squares of EPSG:2047, x to the west and y to the south': () => lo('square:2km@2047'),
    'squares of EPSG:8352, x to the south and y to the west': () => krovak('square:2km@8352'),
    'southern and western hemisphere': far,
  }
  for (const [name, make] of Object.entries(cases)) {
    test(`${name}: every cell's best point and centre read that cell's score and distance`, () => {
      const heatmap = make()
      const path = write('heat.tif', renderGeoTiff(heatmap))
      const geometry = createCellGeometry(heatmap.grid, heatmap.region.centre)
      const cells = heatmap.cells.filter((_, i) => i % Math.ceil(heatmap.cells.length / 200) === 0)
      const values = valuesAt(
        path,
        cells.map((cell) => geometry.centreOf(cell.key)),
      )
      for (const [i, cell] of cells.entries()) {
        expect(values[i]![0]).toBeCloseTo(cell.score, 5)
        expect(values[i]![1]).toBeCloseTo(cell.distance, 4)
      }
    })
  }

  test('geotransform, CRS, NaN nodata, band names and warning are understood', () => {
    const info = infoOf(write('heat.tif', renderGeoTiff(makeTown())))
    const [, pixelWidth, , , , pixelHeight] = info.geoTransform
    expect([pixelWidth, pixelHeight]).toEqual([1000, -1000])
    expect(Number.isInteger(info.geoTransform[0]! / 1000)).toBe(true)
    expect(info.coordinateSystem.wkt).toContain('Lambert Azimuthal Equal Area')
    expect(info.coordinateSystem.wkt).toMatch(/Latitude of natural origin",51\.87/)
    expect(info.bands.map((band) => [band.type, band.noDataValue, band.description])).toEqual([
      ['Float32', 'NaN', 'score'],
      ['Float32', 'NaN', 'distance'],
    ])
    expect(info.metadata['']!['NOTICE']).toBe('a place to start looking, not proof')
    expect(info.metadata['']!['TITLE']).toContain('frame <7> & "co".jpg')
  })

  test('the third band of a map of best scenes is understood', () => {
    const info = infoOf(write('best.tif', renderGeoTiff(makeBestScenes(['corn_field', 'harbor']))))
    expect(info.bands.map(({ description }) => description)).toEqual(['score', 'distance', 'scene'])
    expect(info.metadata['']!['SCENES']).toMatch(/^\d+ corn_field, \d+ harbor$/)
  })

  test('a named CRS is written by its code', () => {
    const info = infoOf(write('heat.tif', renderGeoTiff(makeTown('square:1km@3035'))))
    expect(info.coordinateSystem.wkt).toMatch(/ID\["EPSG",3035\]\]$/)
  })

  test('corners of a pixel are the corners of its GeoJSON polygon, to a centimetre', () => {
    const heatmap = makeTown()
    const tiff = write('heat.tif', renderGeoTiff(heatmap))
    const { geoTransform, coordinateSystem } = infoOf(tiff)
    const [x0 = 0, sizeM = 0, , y0 = 0] = geoTransform
    const { features } = JSON.parse(renderGeoJson(heatmap)) as {
      features: { id: string; geometry: { coordinates: number[][][] } }[]
    }
    const corners = features.map(({ geometry }) => geometry.coordinates[0]![0]!.join(' '))
    const options = ['-s_srs', 'OGC:CRS84', '-t_srs', coordinateSystem.wkt]
    const moved = run('gdaltransform', options, corners.join('\n')).trim().split('\n')
    for (const [i, { id }] of features.entries()) {
      const place = moved[i]!.split(' ').map(Number)
      const corner = id.split(',').map((index) => Number(index) * sizeM)
      expect(Math.hypot(place[0]! - corner[0]!, place[1]! - corner[1]!)).toBeLessThan(0.01)
      expect((corner[0]! - x0) % sizeM).toBeCloseTo(0, 9)
      expect((y0 - corner[1]!) % sizeM).toBeCloseTo(0, 9)
    }
  })
})

describeWithGdal('OGR on our vector files', () => {
  const heatmap = makeTown()
  const count = heatmap.cells.length

  test('GeoJSON: polygons in WGS84 with typed fields', () => {
    const path = write('heat.geojson', renderGeoJson(heatmap))
    const text = run('ogrinfo', ['-so', '-al', path])
    expect(text).toContain('Geometry: Polygon')
    expect(text).toContain(`Feature Count: ${count}`)
    expect(text).toMatch(/ID\["EPSG",4326\]/)
    for (const field of ['rank: Integer', 'score: Real', 'distance: Real', 'areaKm2: Real']) {
      expect(text).toContain(field)
    }
    expect(text).toContain('good: Integer(Boolean)')
  })

  test('GeoJSON: OGR finds every polygon valid and of the area that we state', () => {
    const path = write('whole.geojson', renderGeoJson(makeTown('square:100m')))
    const sql =
      'select min(ST_IsValid(geometry)) as valid, max(abs(ST_Area(geometry, 1) / 1e4 - 1)) as off from whole'
    const text = run('ogrinfo', ['-dialect', 'sqlite', '-sql', sql, path])
    expect(text).toMatch(/valid \(Integer\) = 1/)
    expect(Number(/off \(Real\) = (\S+)/.exec(text)?.[1])).toBeLessThan(1e-3)
  })

  test('KML: one placemark per cell with rank and score', () => {
    const path = write('heat.kml', renderKml(heatmap))
    const text = run('ogrinfo', ['-al', path])
    expect(text.match(/^OGRFeature/gm)).toHaveLength(count)
    expect(text).toMatch(/score \(String\) = 1\.0000/)
  })

  test('KML: the best cell is filled yellow, the worst dark blue', () => {
    const path = write('coloured.kml', renderKml(heatmap))
    const text = run('ogrinfo', ['--config', 'LIBKML_RESOLVE_STYLE', 'YES', '-al', path])
    const fills = [...text.matchAll(/BRUSH\(fc:#(\w{6})/g)].map(([, hex]) =>
      `#${hex}`.toLowerCase(),
    )
    expect(fills).toHaveLength(count)
    expect([fills[0], fills.at(-1)]).toEqual([hexAt(0.95), hexAt(0.05)])
  })

  test('CSV: a point per cell with typed fields, keys of squares whole', () => {
    const path = write('heat.csv', renderCsv(heatmap))
    const places = ['X_POSSIBLE_NAMES=best_lon', 'Y_POSSIBLE_NAMES=best_lat']
    const options = ['AUTODETECT_TYPE=YES', ...places].flatMap((option) => ['-oo', option])
    const text = run('ogrinfo', ['-al', ...options, path])
    expect(text).toContain('Geometry: Point')
    expect(text.match(/^OGRFeature/gm)).toHaveLength(count)
    for (const field of ['rank: Integer', 'score: Real', 'distance: Real', 'area_km2: Real']) {
      expect(text).toContain(field)
    }
    expect(text).toContain(`cell (String) = ${heatmap.cells[0]?.key}`)
  })
})
