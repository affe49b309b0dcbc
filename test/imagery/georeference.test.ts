/**
 * Where a raster lies, said in every way GeoTIFF has: a pattern that is known on the ground has to
 * come out there.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocalFrame } from '../../src/geo/local-frame.ts'
import {
  createProjection,
  createProjectionFromProj4,
  type Projection,
} from '../../src/geo/projection.ts'
import { applyAffine, invertAffine, type Affine } from '../../src/imagery/georeference.ts'
import { createGeotiffSource } from '../../src/imagery/geotiff.ts'
import { difference, groundPatch, waves } from '../fixtures/rasters.ts'
import { encodeTiff, type TagValue } from '../fixtures/tiff.ts'

const CENTRE = { lon: 4.36, lat: 51.87 }
const SIZE = { px: 112, gsd: 0.5 }
const PX = 320
const { signal } = new AbortController()
const frame = createLocalFrame(CENTRE)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-geo-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Draws the waves on a raster; `affine`: px → the projection's coordinates. */
function draw(projection: Projection, affine: Affine): Uint8Array {
  const values = new Uint8Array(PX * PX * 3)
  for (let index = 0; index < PX * PX; index++) {
    const [u, v] = [(index % PX) + 0.5, Math.floor(index / PX) + 0.5]
    const place = projection.inverse(...applyAffine(affine, u, v))
    values.set(waves(...frame.forward(place)).map(Math.round), index * 3)
  }
  return values
}

/** Geo keys as `[key, value]`; floats go to the double parameters. */
function geoKeys(
  keys: readonly (readonly [key: number, value: number])[],
): Record<number, TagValue> {
  const doubles: number[] = []
  const entries = [...keys]
    .sort(([a], [b]) => a - b)
    .flatMap(([key, value]) => {
      // Codes are whole numbers of 1024–3072, 3074–3076 and units; the rest are parameters.
      if (key < 3078 && key !== 2057 && key !== 2058) return [key, 0, 1, value]
      doubles.push(value)
      return [key, 34736, 1, doubles.length - 1]
    })
  return {
    34735: [1, 1, 0, keys.length, ...entries],
    ...(doubles.length > 0 && { 34736: { double: doubles } }),
  }
}

const UTM = createProjection(32631)
const UTM_KEYS = [
  [1024, 1],
  [1025, 1],
  [3072, 32631],
] as const
/** A square grid of 0.3 units around the centre, turned by an angle. */
function gridOf(
  projection: Projection,
  stepUnits: number,
  { turnDeg = 0, isSouthUp = false } = {},
): Affine {
  const [x, y] = projection.forward(CENTRE)
  const [cos, sin] = [Math.cos((turnDeg * Math.PI) / 180), Math.sin((turnDeg * Math.PI) / 180)]
  const [a, b] = [stepUnits * cos, stepUnits * sin]
  const down = isSouthUp ? 1 : -1
  const [d, e] = [stepUnits * sin, down * stepUnits * cos]
  return [a, b, x - (a + b) * (PX / 2), d, e, y - (d + e) * (PX / 2)]
}
const scaleTags = ([a, , c, , e, f]: Affine): Record<number, TagValue> => ({
  33550: { double: [a, -e, 0] },
  33922: { double: [0, 0, 0, c, f, 0] },
})
const matrixTags = ([a, b, c, d, e, f]: Affine): Record<number, TagValue> => ({
  34264: { double: [a, b, 0, c, d, e, 0, f, 0, 0, 0, 0, 0, 0, 0, 1] },
})

const transverse = (more: string): Projection =>
  createProjectionFromProj4(`+proj=tmerc +lat_0=50 +lon_0=4 +k=0.9999 ${more} +no_defs`)
/** A transverse Mercator spelled out key by key, on a datum, in a unit. */
const transverseKeys = (datum: number, unit: number, easting: number) =>
  [
    [1024, 1],
    [1025, 1],
    [2048, datum],
    [3072, 32767],
    [3074, 32767],
    [3075, 1],
    [3076, unit],
    [3080, 4],
    [3081, 50],
    [3082, easting],
    [3083, 0],
    [3092, 0.9999],
  ] as const
const FOOT = 1200 / 3937
const AMERSFOORT =
  '+ellps=bessel +towgs84=565.4171,50.3319,465.5524,-0.398957,0.343988,-1.87740,4.0725'
const inFeet = (projection: Projection): Projection => ({
  forward: (place) => {
    const [x, y] = projection.forward(place)
    return [x / FOOT, y / FOOT]
  },
  inverse: (x, y) => projection.inverse(x * FOOT, y * FOOT),
})

const METRES = transverse('+x_0=100000 +y_0=0 +ellps=WGS84')
const FEET = inFeet(transverse(`+x_0=${100_000 * FOOT} +y_0=0 +ellps=WGS84`))
const DUTCH = transverse(`+x_0=0 +y_0=0 ${AMERSFOORT}`)
const LAEA = createProjectionFromProj4('+proj=laea +lat_0=52 +lon_0=10 +x_0=0 +y_0=0 +ellps=WGS84')
const laeaKeys = [
  [1024, 1],
  [1025, 1],
  [2048, 4326],
  [3072, 32767],
  [3074, 32767],
  [3075, 10],
  [3076, 9001],
  [3088, 10],
  [3089, 52],
] as const

const CASES: {
  name: string
  projection: Projection
  affine: Affine
  keys: readonly (readonly [number, number])[]
  tags?: (affine: Affine) => Record<number, TagValue>
}[] = [
  { name: 'scale and tie point', projection: UTM, affine: gridOf(UTM, 0.3), keys: UTM_KEYS },
  {
    name: 'a tie point within the raster',
    projection: UTM,
    affine: gridOf(UTM, 0.3),
    keys: UTM_KEYS,
    tags: (affine) => ({
      33550: { double: [0.3, 0.3, 0] },
      33922: { double: [100, 40, 0, ...applyAffine(affine, 100, 40), 0] },
    }),
  },
  {
    name: 'the middle of a pixel tied (PixelIsPoint)',
    projection: UTM,
    affine: gridOf(UTM, 0.3),
    keys: [
      [1024, 1],
      [1025, 2],
      [3072, 32631],
    ],
    tags: (affine) => ({
      33550: { double: [0.3, 0.3, 0] },
      33922: { double: [0, 0, 0, ...applyAffine(affine, 0.5, 0.5), 0] },
    }),
  },
  {
    name: 'a matrix, turned by 30°',
    projection: UTM,
    affine: gridOf(UTM, 0.3, { turnDeg: 30 }),
    keys: UTM_KEYS,
    tags: matrixTags,
  },
  {
    name: 'a matrix, turned by 135°, to the middles of pixels',
    projection: UTM,
    affine: gridOf(UTM, 0.3, { turnDeg: 135 }),
    keys: [
      [1024, 1],
      [1025, 2],
      [3072, 32631],
    ],
    tags: ([a, b, c, d, e, f]) => matrixTags([a, b, c + (a + b) / 2, d, e, f + (d + e) / 2]),
  },
  {
    name: 'rows from the south',
    projection: UTM,
    affine: gridOf(UTM, 0.3, { isSouthUp: true }),
    keys: UTM_KEYS,
  },
  {
    name: 'a projection spelled out',
    projection: METRES,
    affine: gridOf(METRES, 0.3),
    keys: transverseKeys(4326, 9001, 100_000),
  },
  {
    name: 'a projection spelled out, in US survey feet',
    projection: FEET,
    affine: gridOf(FEET, 1),
    keys: transverseKeys(4326, 9003, 100_000),
  },
  {
    name: 'a projection spelled out, on another datum',
    projection: DUTCH,
    affine: gridOf(DUTCH, 0.3),
    keys: transverseKeys(4289, 9001, 0),
  },
  {
    name: 'an azimuthal projection spelled out without offsets',
    projection: LAEA,
    affine: gridOf(LAEA, 0.3),
    keys: laeaKeys,
  },
]

async function open(values: Uint8Array, tags: Record<number, TagValue>) {
  const file = join(folder, 'a.tif')
  const image = { width: PX, height: PX, values, samples: 3, tilePx: 64, tags }
  await writeFile(file, encodeTiff([image]))
  return createGeotiffSource({ kind: 'geotiff', files: [file], stretch: 'none' }, '/')
}

describe('a raster lies where it says by', () => {
  for (const { name, projection, affine, keys, tags = scaleTags } of CASES) {
    test(name, async () => {
      const place = { ...geoKeys(keys), ...tags(affine) }
      const source = await open(draw(projection, affine), place)
      const { image } = await source.patch(CENTRE, SIZE, signal)
      await source.close()
      // The steepest wave changes by 12 levels per metre: half a pixel of shift shows.
      expect(difference(image.data, groundPatch(waves, SIZE.px, SIZE.gsd)).max).toBeLessThanOrEqual(
        2,
      )
    })
  }
})

describe('refuses a raster', () => {
  const grid = gridOf(UTM, 0.3)
  const REFUSED: { name: string; tags: Record<number, TagValue>; code: string }[] = [
    { name: 'without a place', tags: geoKeys(UTM_KEYS), code: 'raster-not-georeferenced' },
    { name: 'without a CRS', tags: scaleTags(grid), code: 'raster-not-georeferenced' },
    {
      name: 'with ground control points',
      tags: {
        ...geoKeys(UTM_KEYS),
        33922: { double: [0, 0, 0, 1, 2, 0, 10, 10, 0, 3, 4, 0, 20, 0, 0, 5, 6, 0] },
      },
      code: 'raster-not-georeferenced',
    },
    {
      name: 'in a projection that only its datum is told of',
      tags: {
        ...geoKeys([
          [1024, 1],
          [1025, 1],
          [2048, 4326],
        ]),
        ...scaleTags(grid),
      },
      code: 'crs-unknown',
    },
    {
      name: 'on a datum that is not known',
      tags: { ...geoKeys(transverseKeys(4999, 9001, 0)), ...scaleTags(grid) },
      code: 'crs-unknown',
    },
    {
      name: 'of an EPSG code that is not known',
      tags: {
        ...geoKeys([
          [1024, 1],
          [1025, 1],
          [3072, 9],
        ]),
        ...scaleTags(grid),
      },
      code: 'crs-unknown',
    },
  ]
  for (const { name, tags, code } of REFUSED) {
    test(name, async () => {
      await expect(open(new Uint8Array(PX * PX * 3), tags)).rejects.toMatchObject({ code })
    })
  }
})

test('invertAffine undoes any affine', () => {
  const affine: Affine = [0.3, 0.1, 1000, -0.2, -0.4, 2000]
  const [u, v] = applyAffine(invertAffine(affine), ...applyAffine(affine, 12.5, -7))
  expect([u, v].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([12.5, -7])
})
