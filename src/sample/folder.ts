/**
 * Writes the sample town into a folder, or finds it there complete.
 * @io disk, native
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { PHOTO_NAMES } from './photos.ts'
import { TOWN_SIZE_M } from './plan.ts'
import { generateSampleTown, SAMPLE_CAPTURED_ON } from './town.ts'
import type { LonLat } from '../types.ts'
import type { SampleTown, SampleTownOptions } from './town.ts'

/**
 * Raised whenever the same seed gives another town, so that folders of older versions are made
 * anew.
 */
const VERSION = 1

const ATTRIBUTION = 'Synthetic orthophoto, Whereabouts sample town'

const README = `The Whereabouts sample town: SYNTHETIC. Every file here was drawn by a program.
There is no such town, and nothing here shows a real place; its position is open sea.

town.osm.pbf         map: roads, buildings, land use, water
town-orthophoto.tif  picture from above, 0.5 m/px, EPSG:32631, "captured" ${SAMPLE_CAPTURED_ON}
boundary.geojson     the square to search
imagery.json         imagery source for: whereabouts region create --imagery imagery.json
photos/              drawn pictures from the ground
truth.json           where in the town each of them could have been taken
`

/** A photo of the town and the places where it could have been taken. */
export interface SampleTownPhoto {
  readonly name: string
  readonly file: string
  readonly places: readonly LonLat[]
}

/** What lies where; paths begin with the folder as it was given. */
export interface SampleTownFolder {
  readonly extract: string
  readonly orthophoto: string
  readonly boundary: string
  readonly imagery: string
  readonly photos: readonly SampleTownPhoto[]
  /** True when the folder held this very town already. */
  readonly isReused: boolean
}

/** Written last: what makes a folder complete. */
interface Marker {
  /** Version and options in JSON. */
  readonly asked: string
  readonly photos: readonly SampleTownPhoto[]
  /** SHA-256 of each file, by its path within the folder. */
  readonly files: Readonly<Record<string, string>>
}

/**
 * Makes the town's folder; one that is complete, unchanged and of the same options is left as it
 * is.
 */
export async function writeSampleTown(
  dir: string,
  { seed, sizeM = TOWN_SIZE_M, photos: names = PHOTO_NAMES }: SampleTownOptions,
): Promise<SampleTownFolder> {
  const marker = join(dir, '.complete.json')
  const asked = JSON.stringify({ version: VERSION, seed, sizeM, photos: names })
  const found = await readMarker(dir, marker)
  if (found?.asked === asked) return folderOf(dir, found.photos, true)
  await rm(marker, { force: true })
  const town = generateSampleTown({ seed, sizeM, photos: names })
  const photos = town.photos.map(({ name, places }) => ({
    name,
    file: `photos/${name}.jpg`,
    places,
  }))
  const files = await encodeFiles(dir, town, photos)
  const hashes: Record<string, string> = {}
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), bytes)
    hashes[path] = hashOf(bytes)
  }
  await writeFile(marker, toJson({ asked, photos, files: hashes }))
  return folderOf(dir, photos, false)
}

/** The marker of a folder whose files are all as it says; undefined for any other folder. */
async function readMarker(dir: string, path: string): Promise<Marker | undefined> {
  try {
    const marker = JSON.parse(await readFile(path, 'utf8')) as Marker
    for (const [file, hash] of Object.entries(marker.files)) {
      if (hashOf(await readFile(join(dir, file))) !== hash) return undefined
    }
    return marker
  } catch {
    return undefined
  }
}

async function encodeFiles(
  dir: string,
  town: SampleTown,
  photos: readonly SampleTownPhoto[],
): Promise<Map<string, Uint8Array | string>> {
  const imagery = {
    kind: 'geotiff',
    files: [join(dir, 'town-orthophoto.tif')],
    attribution: ATTRIBUTION,
    capturedOn: SAMPLE_CAPTURED_ON,
  }
  const files = new Map<string, Uint8Array | string>([
    ['README.txt', README],
    ['town.osm.pbf', town.osmPbf],
    ['town-orthophoto.tif', town.orthophoto],
    ['boundary.geojson', toJson(town.boundary)],
    ['imagery.json', toJson(imagery)],
    ['truth.json', toJson({ synthetic: true, photos })],
  ])
  for (const { name, image } of town.photos) {
    const raw = { width: image.width, height: image.height, channels: 3 } as const
    files.set(
      `photos/${name}.jpg`,
      await sharp(image.data, { raw }).jpeg({ quality: 90 }).toBuffer(),
    )
  }
  return files
}

function folderOf(
  dir: string,
  photos: readonly SampleTownPhoto[],
  isReused: boolean,
): SampleTownFolder {
  return {
    extract: join(dir, 'town.osm.pbf'),
    orthophoto: join(dir, 'town-orthophoto.tif'),
    boundary: join(dir, 'boundary.geojson'),
    imagery: join(dir, 'imagery.json'),
    photos: photos.map((photo) => ({ ...photo, file: join(dir, photo.file) })),
    isReused,
  }
}

function hashOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
