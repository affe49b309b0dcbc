/**
 * Where in this country could this photo have been taken? The way a newsroom would ask, with plain
 * fetch: create a region over a whole extract, build it, upload the photo, write the heatmap as
 * GeoJSON. Everything is kept on the server: run it again and it goes on where it was, or answers
 * at once.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

const HELP = `Usage: national-heatmap --extract FILE --tiles URL --attribution TEXT --photo FILE [options]

  --api URL           of \`whereabouts serve\`            (http://127.0.0.1:8080)
  --region NAME       kept under this name             (national)
  --extract FILE      .osm.pbf, a path on the server, inside its --allow-dirs
  --points N          how many points on the roads     (10000)
  --seed N            same seed, same points           (1)
  --boundary FILE     GeoJSON polygon, a local file    (the extract's bounding box)
  --tiles URL         tile template with {z}/{x}/{y}, of a host in the server's --allow-hosts
  --max-zoom N        finest zoom of the tiles         (18)
  --key-env NAME      variable on the server that holds {key}: WHEREABOUTS_IMAGERY_KEY…
  --attribution TEXT  who made the imagery
  --photo FILE        a local file; several times: frames of one place
  --cells SPEC        size of the cells                (square:25km)
  --out FILE          heatmap as GeoJSON               (heatmap.geojson)

It suggests where to look; it never proves a place.
`

const POLL_MS = 1000

const { values: options } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    api: { type: 'string', default: 'http://127.0.0.1:8080' },
    region: { type: 'string', default: 'national' },
    extract: { type: 'string', default: '' },
    points: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    boundary: { type: 'string' },
    tiles: { type: 'string', default: '' },
    'max-zoom': { type: 'string', default: '18' },
    'key-env': { type: 'string' },
    attribution: { type: 'string', default: '' },
    photo: { type: 'string', multiple: true, default: [] },
    cells: { type: 'string', default: 'square:25km' },
    out: { type: 'string', default: 'heatmap.geojson' },
  },
})

interface Region {
  readonly points: {
    readonly total: number
    readonly pending: number
    readonly leased: number
    readonly embedded: number
    readonly unavailable: Readonly<Record<string, number>>
  }
  readonly build: {
    readonly state: string
    readonly pointsPerSecond: number | null
    readonly secondsLeft: number | null
    readonly problem: { readonly detail: string } | null
  } | null
}

interface Heatmap {
  readonly cellCount: number
  readonly goodCellCount: number
  readonly goodAreaKm2: number
  readonly files: Readonly<Record<string, string>>
  readonly candidates: readonly { readonly at: readonly [number, number] }[]
}

/** Calls the API; a problem ends the script with its text and hint. */
async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(new URL(path, options.api), init)
  if (response.ok) return response
  const { code, detail, hint } = (await response.json()) as Record<string, string>
  const advice = hint === undefined ? '' : `\n→ ${hint}`
  const failed = new Error(`${init.method ?? 'GET'} ${path}: ${detail}${advice}`)
  throw Object.assign(failed, { code })
}

function post(path: string, body?: unknown): Promise<Response> {
  if (body === undefined) return call(path, { method: 'POST' })
  const headers = { 'content-type': 'application/json' }
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** These mean that an earlier run of this script has done it. */
function unless(code: string): (error: Error & { code?: string }) => null {
  return (error) => {
    if (error.code === code) return null
    throw error
  }
}

async function createRegion(): Promise<void> {
  const { tiles, attribution, boundary } = options
  const keyEnv = options['key-env']
  const created = await post('/v1/regions', {
    name: options.region,
    sampling: {
      kind: 'roads',
      extract: options.extract,
      points: Number(options.points),
      seed: Number(options.seed),
    },
    imagery: {
      kind: 'xyz',
      url: tiles,
      maxZoom: Number(options['max-zoom']),
      attribution,
      ...(keyEnv !== undefined && { keyEnv }),
    },
    ...(boundary !== undefined && {
      boundary: JSON.parse(await readFile(boundary, 'utf8')) as unknown,
    }),
  }).catch(unless('region-exists'))
  console.error(created ? `region "${options.region}" created` : 'the region is there already')
}

async function buildRegion(): Promise<void> {
  const path = `/v1/regions/${options.region}`
  await post(`${path}/build`).catch(unless('region-busy'))
  for (;;) {
    const region = (await (await call(path)).json()) as Region
    console.error(describeProgress(region))
    if (region.build?.problem) throw new Error(`the build failed: ${region.build.problem.detail}`)
    if (region.build?.state !== 'running') return
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function describeProgress({ points, build }: Region): string {
  const done = points.total - points.pending - points.leased
  const reasons = Object.entries(points.unavailable).map(([reason, count]) => `${reason} ${count}`)
  return [
    `${done}/${points.total} points`,
    `${build?.pointsPerSecond?.toFixed(1) ?? '–'}/s`,
    `${build?.secondsLeft ?? '–'} s left`,
    ...(reasons.length > 0 ? [`without imagery: ${reasons.join(', ')}`] : []),
  ].join(' · ')
}

async function uploadPhotos(): Promise<string[]> {
  const ids: string[] = []
  for (const file of options.photo) {
    const form = new FormData()
    form.set('photo', new Blob([await readFile(file)]), 'photo')
    const response = await call('/v1/photos', { method: 'POST', body: form })
    ids.push(((await response.json()) as { id: string }).id)
  }
  return ids
}

async function main(): Promise<void> {
  const isComplete = options.extract && options.tiles && options.attribution && options.photo.length
  if (options.help || !isComplete) {
    console.log(HELP)
    process.exitCode = options.help ? 0 : 64
    return
  }
  await createRegion()
  await buildRegion()
  const photos = await uploadPhotos()
  const asked = await post('/v1/heatmaps', { region: options.region, cells: options.cells, photos })
  const heatmap = (await asked.json()) as Heatmap
  const file = await call(heatmap.files['geojson'] ?? '')
  await writeFile(options.out, await file.text())
  console.error(
    `${options.out}: ${heatmap.cellCount} cells, ${heatmap.goodCellCount} good ones (${heatmap.goodAreaKm2.toFixed(0)} km²), best at ${heatmap.candidates[0]?.at.join(', ')}`,
  )
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
