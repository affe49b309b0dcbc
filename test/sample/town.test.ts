import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import proj4 from 'proj4'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRoadNetwork } from '../../src/roads/read-network.ts'
import { MARGIN_M } from '../../src/sample/features.ts'
import { bboxOf } from '../../src/sample/osm.ts'
import { TOWN_SIZE_M } from '../../src/sample/plan.ts'
import { generateSampleTown } from '../../src/sample/town.ts'
import { forEachItem } from '../roads/slow-reader.ts'
import type { SampleTown } from '../../src/sample/town.ts'

const sizeM = 500
const options = { seed: 1, sizeM, photos: [] }
const folder = mkdtempSync(join(tmpdir(), 'whereabouts-sample-'))
const path = join(folder, 'town.osm.pbf')
const nodes = new Map<number, [lon: number, lat: number]>()
const ways: { refs: number[]; tags: Record<string, string> }[] = []
let town: SampleTown
let pixels: Buffer

beforeAll(async () => {
  town = generateSampleTown(options)
  writeFileSync(path, town.osmPbf)
  await forEachItem(path, (item) => {
    if (item.type === 'node') nodes.set(item.id, [item.lon, item.lat])
    if (item.type === 'way') ways.push(item)
  })
  pixels = await sharp(town.orthophoto).raw().toBuffer()
})
afterAll(() => rmSync(folder, { recursive: true }))

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/**
 * Pixel of the orthophoto at a place; the projection is proj4's, the origin the one in place.ts.
 */
function colourAt([lon, lat]: [number, number], eastM = 0): [number, number, number] | undefined {
  const [e, n] = proj4('+proj=utm +zone=31 +datum=WGS84').forward([lon, lat])
  const [west, side] = [430_000 + 550 - 96, (sizeM + 192) * 2]
  const x = Math.floor((e + eastM - west) * 2)
  const y = Math.floor((6_100_000 + 1050 + 96 - n) * 2)
  if (x < 0 || y < 0 || x >= side || y >= side) return undefined
  const at = (y * side + x) * 3
  return [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!]
}

test('the same seed gives the same bytes', () => {
  const again = generateSampleTown(options)
  expect(sha256(again.orthophoto)).toBe(sha256(town.orthophoto))
  expect(sha256(again.osmPbf)).toBe(sha256(town.osmPbf))
})

test('another seed gives another town', () => {
  const other = generateSampleTown({ ...options, seed: 2 })
  expect(sha256(other.osmPbf)).not.toBe(sha256(town.osmPbf))
  expect(sha256(other.orthophoto)).not.toBe(sha256(town.orthophoto))
})

test('an independent reader finds every kind of feature, each marked synthetic', () => {
  const kinds = new Set(
    ways.flatMap(({ tags }) => Object.entries(tags).map((tag) => tag.join('='))),
  )
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'highway=primary',
      'highway=residential',
      'highway=service',
      'highway=footway',
      'railway=rail',
      'building=warehouse',
      'leisure=park',
      'natural=water',
      'amenity=parking',
    ]),
  )
  expect(ways.every(({ tags }) => tags['source']?.startsWith('synthetic'))).toBe(true)
  expect(ways.every(({ refs }) => refs.every((ref) => nodes.has(ref)))).toBe(true)
})

test('the two through roads meet in one node', () => {
  const [one, two] = ways.filter(({ tags }) => tags['highway'] === 'primary')
  expect(one!.refs.filter((ref) => two!.refs.includes(ref))).toHaveLength(1)
})

test('our reader finds the roads and the bounding box of the town', async () => {
  const signal = new AbortController().signal
  const network = await readRoadNetwork(path, { boundary: null, threads: 1, signal })
  const roads = ways.filter(({ tags }) => tags['highway'])
  expect(network.wayCount).toBe(roads.length)
  expect(network.missingNodeCount).toBe(0)
  town.bbox.forEach((degrees, index) => {
    expect(network.headerBbox?.[index]).toBeCloseTo(degrees, 8)
  })
})

const isGrey = ([r, g, b]: [number, number, number]): boolean =>
  Math.max(r, g, b) - Math.min(r, g, b) < 26

test('roads of the map lie on roads of the orthophoto, and 25 m beside them they do not', () => {
  const avenue = ways.find(({ tags }) => tags['name'] === 'Sample Avenue')!
  const share = (eastM: number): number => {
    const colours = avenue.refs.flatMap((ref) => {
      const colour = colourAt(nodes.get(ref)!, eastM)
      return colour ? [colour] : []
    })
    expect(colours.length).toBeGreaterThan(20)
    return colours.filter(isGrey).length / colours.length
  }
  expect(share(0)).toBeGreaterThan(0.95)
  expect(share(-25)).toBeLessThan(0.7)
})

test('the pond of the map is water in the orthophoto', () => {
  const pond = ways.find(({ tags }) => tags['water'] === 'pond')!
  const ring = pond.refs.slice(1).map((ref) => nodes.get(ref)!)
  const middle = [0, 1].map((axis) => ring.reduce((sum, at) => sum + at[axis]!, 0) / ring.length)
  const [r, g, b] = colourAt(middle as [number, number])!
  expect(r).toBeLessThan(110)
  expect(b).toBeGreaterThan(r)
  expect(g).toBeGreaterThan(r)
})

test('the whole town has at least 2 km², and a full patch of imagery around its bounding box', () => {
  expect(TOWN_SIZE_M ** 2).toBeGreaterThan(2e6)
  const [west, south, east, north] = bboxOf({
    west: 0,
    south: 0,
    east: TOWN_SIZE_M,
    north: TOWN_SIZE_M,
  })
  // Half a patch of 112 m, turned by the meridian convergence of 0.9°.
  const reachM = 56 * (1 + Math.sin(0.016))
  for (const corner of [west, east].flatMap((lon) => [south, north].map((lat) => [lon, lat]))) {
    const [e, n] = proj4('+proj=utm +zone=31 +datum=WGS84').forward(corner)
    for (const metres of [e! - 430_000, n! - 6_100_000]) {
      expect(metres - reachM).toBeGreaterThan(-MARGIN_M)
      expect(metres + reachM).toBeLessThan(TOWN_SIZE_M + MARGIN_M)
    }
  }
})
