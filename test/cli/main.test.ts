/** The command as a user runs it: stdout, stderr and exit code. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeOrtho, makeTown, type Town } from '../http/town.ts'
import { pgliteFolder } from '../databases.ts'
import { nodeArguments } from '../fixtures/program.ts'
import { runHere, settingsOf } from './run-here.ts'

let folder: string
let town: Town

const settings = () => settingsOf(join(folder, 'data'))

const run = (...args: readonly string[]) => runHere(args, { folder, env: settings() })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-cli-'))
  town = await makeTown(folder)
  await writeFile(join(folder, 'water.jpg'), town.waterPhoto)
  const black = { width: 300, height: 200, channels: 3 as const, background: '#000000' }
  await sharp({ create: black }).toFile(join(folder, 'black.png'))
  await mkdir(join(folder, 'data'))
  await rename((await pgliteFolder()).dataDir, join(folder, 'data', 'database'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a grid region is created, built, searched and deleted by commands alone', async () => {
  const imagery = JSON.stringify({ kind: 'geotiff', files: ['ortho.tif'] })
  const created = await run(
    'region',
    'create',
    'town',
    '--grid',
    '50',
    '--where-imagery',
    '--imagery',
    imagery,
  )
  expect(created).toMatchObject({ code: 0 })
  expect(created.stdout).toMatch(/region "town" created with \d+ points/)
  expect(created.stdout).not.toContain('--dense')
  const built = await run('region', 'build', 'town')
  expect(built.stdout).toMatch(/(\d+) of \1 points embedded/)
  expect(built.stderr).toMatch(/embed \d+\/\d+ · [\d.]+\/s · \d+ s left/)

  const again = await run('region', 'create', 'town', '--grid', '50', '--imagery', 'ortho.tif')
  expect(again).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/^\S+ \(region-exists/) as unknown,
  })

  const asked = ['locate', 'water.jpg', '--region', 'town', '--cells', 'square:50m']
  const files = await run(
    ...asked,
    '--out',
    'heat.geojson',
    '--sheet',
    'sheet.html',
    '--known',
    '8.9985,47.2',
  )
  expect(files).toMatchObject({ code: 0 })
  expect(files.stdout).toMatch(/water\.jpg: \d+ % harbor/)
  expect(files.stdout).toMatch(/known place: rank \d+ of \d+ cells/)
  expect(files.stdout).toContain('not how likely a place is')
  const heatmap = JSON.parse(await readFile(join(folder, 'heat.geojson'), 'utf8')) as {
    type: string
  }
  expect(heatmap.type).toBe('FeatureCollection')
  expect(await readFile(join(folder, 'sheet.html'), 'utf8')).toMatch(/^<!doctype html>/i)

  const finer = ['locate', 'water.jpg', '--region', 'town', '--cells', 'square:5m']
  const turned = await run(...finer, '--known', '47.2,8.9985')
  expect(turned.stdout).toMatch(/known place: outside the region; .* [\d,]+ km away .*LON,LAT/)
  expect(turned.stdout).toContain('finer than the grid of 50 m that was searched')

  const piped = await run(...asked, '--format', 'csv')
  expect(piped.stdout.split('\n')[0]).toMatch(/distance/)
  expect(piped.stderr).toContain('a place to start looking, not proof')
  const scene = await run(
    'scene',
    'harbour',
    '--region',
    'town',
    '--cells',
    'h3:11',
    '--out',
    'scene.png',
  )
  expect(scene).toMatchObject({ code: 0 })
  expect((await readFile(join(folder, 'scene.png'))).subarray(1, 4).toString()).toBe('PNG')

  const unquoted = await run('scene', 'parking', 'lot', '--region', 'town', '--candidates', '0')
  expect(unquoted).toMatchObject({ code: 0 })
  expect(unquoted.stdout).not.toMatch(/rank|distance:|shares/)

  const best = await run('scene', '--best', '--region', 'town', '--candidates', '1')
  expect(best.stdout).toMatch(/^36 cells of square:50m searched, 4 different best scenes$/m)
  expect(best.stdout).toMatch(
    /^ +12 +0\.03 {2}[\d.]+,47\.\d+ +-?\d\.\d +village\nand 3 more in 24 cells\nbest scene: /m,
  )
  expect(best.stdout).not.toContain('rank')

  expect((await run('region', 'list')).stdout).toMatch(/^town\tbuilt\t/)
  const { stdout: shown } = await run('region', 'show', 'town')
  expect(JSON.parse(shown)).toMatchObject({
    name: 'town',
    state: 'built',
    boundary: {
      type: expect.stringMatching(/Polygon$/) as unknown,
      bbox: expect.any(Array) as unknown,
      areaKm2: expect.any(Number) as unknown,
      vertices: expect.any(Number) as unknown,
    },
  })
  expect(shown).toMatch(/^\{\n {2}"name": "town",\n {2}"state": "built",/)
  expect(shown).not.toContain('coordinates')
  const outline = await run('region', 'show', 'town', '--boundary')
  expect(JSON.parse(outline.stdout)).toHaveProperty('coordinates')
  expect(await run('region', 'delete', 'town')).toMatchObject({ code: 64 })
  expect(await run('region', 'delete', 'town', '--yes')).toMatchObject({ code: 0 })
}, 120_000)

/**
 * Dies as in a power cut, at the first word of progress: a signal from outside comes too late on a
 * busy machine.
 */
const dieAtProgress = `data:text/javascript,process.stderr.write = () => process.kill(process.pid, 'SIGKILL')`

async function killBuild(name: string): Promise<void> {
  const args = [
    '--import',
    dieAtProgress,
    ...nodeArguments('src/cli/main.ts'),
    'region',
    'build',
    name,
  ]
  const env = { ...process.env, ...settings() }
  const build = spawn(process.execPath, args, { cwd: folder, env, stdio: 'ignore' })
  expect(await once(build, 'exit')).toEqual([null, 'SIGKILL'])
}

test('a build tells of patches that are black where nothing says that there is no data', async () => {
  await writeFile(join(folder, 'half.tif'), encodeOrtho([0, 0, 0]))
  const source = { kind: 'geotiff', files: ['half.tif'] }
  const build = async (name: string, imagery: object, ...options: readonly string[]) => {
    const grid = ['--grid', '16', '--where-imagery', '--imagery', JSON.stringify(imagery)]
    expect(await run('region', 'create', name, ...grid)).toMatchObject({ code: 0 })
    return run('region', 'build', name, ...options)
  }
  for (const [name, ...options] of [['patches'], ['dense', '--dense']] as const) {
    const built = await build(name, source, ...options)
    const [, black] = /warning: (\d+) points .+ pure black .+"nodata": 0/.exec(built.stderr) ?? []
    const [, total] = /(\d+) of \1 points embedded/.exec(built.stdout) ?? []
    expect(Number(black)).toBeGreaterThan(Number(total) / 4)
    expect(Number(black)).toBeLessThan((Number(total) * 3) / 4)
  }
  const told = await build('told', { ...source, nodata: 0 })
  expect(told.stderr).not.toContain('pure black')
  expect(told.stdout).toMatch(/no patch: nodata \d+/)
})

test('a build that is killed continues, and its heatmap is that of an undisturbed build', async () => {
  const imagery = JSON.stringify({ kind: 'geotiff', files: ['ortho.tif'] })
  for (const name of ['killed', 'whole']) {
    const grid = ['--grid', '16', '--where-imagery', '--imagery', imagery]
    const created = await run('region', 'create', name, ...grid)
    expect(created.stdout).toContain('many times faster with --dense')
  }
  await killBuild('killed')
  const left = JSON.parse((await run('region', 'show', 'killed')).stdout) as {
    points: { total: number; embedded: number }
  }
  expect(left.points.embedded).toBeGreaterThan(0)
  expect(left.points.embedded).toBeLessThan(left.points.total)
  const total = /(\d+) of \1 points embedded/
  const killed = total.exec((await run('region', 'build', 'killed')).stdout)
  const whole = total.exec((await run('region', 'build', 'whole')).stdout)
  expect(killed?.[1]).toBe(whole?.[1])
  expect(Number(whole?.[1])).toBe(left.points.total)
  const heatmapOf = async (name: string) =>
    (
      await run('locate', 'water.jpg', '--region', name, '--cells', 'square:16m', '--format', 'csv')
    ).stdout.replaceAll(name, '')
  expect(await heatmapOf('killed')).toBe(await heatmapOf('whole'))
}, 180_000)

test('embed prints one JSON object a line and needs no database', async () => {
  const { stdout } = await run('embed', 'photo', 'water.jpg', 'water.jpg', '--format', 'jsonl')
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { logits: number[] })
  expect(lines.map(({ logits }) => logits.length)).toEqual([365, 365])
})

test('roads sample writes the format that the ending of its file names, or that is asked for', async () => {
  const sample = ['roads', 'sample', 'town.osm.pbf', '--points', '2', '--out']
  expect(await run(...sample, 'p.geojson')).toMatchObject({ code: 0 })
  const points = JSON.parse(await readFile(join(folder, 'p.geojson'), 'utf8')) as object
  expect(points).toMatchObject({ type: 'FeatureCollection', features: [{ id: 0 }, { id: 1 }] })
  await run(...sample, 'q.txt', '--format', 'geojson')
  expect(await readFile(join(folder, 'q.txt'), 'utf8')).toContain('"FeatureCollection"')
  await run(...sample, 'r.csv')
  expect(await readFile(join(folder, 'r.csv'), 'utf8')).toMatch(/^id,lon,lat\n0,/)
})

test('roads sample prints exactly as many points as asked, the same for the same seed', async () => {
  const sample = () => run('roads', 'sample', 'town.osm.pbf', '--points', '12', '--seed', '5')
  const [first, second] = [await sample(), await sample()]
  expect(first.stdout.trim().split('\n').length).toBe(13)
  expect(first.stdout).toBe(second.stdout)
})

const wrong = [
  { name: 'an unknown command', args: ['find'], code: 64, says: /unknown command/ },
  {
    name: 'a region that is not there',
    args: ['region', 'build', 'atlantis'],
    code: 66,
    says: /atlantis/,
  },
  {
    name: 'a bad option',
    args: ['region', 'list', '--threads', 'many'],
    code: 78,
    says: /--threads/,
  },
  {
    name: 'an ending that is no format',
    args: ['scene', 'lake', '--region', 'town', '--out', 'a.docx'],
    code: 64,
    says: /an ending of geojson, csv, kml, geotiff or png for --out, got "a.docx"\n→/,
  },
  {
    name: 'a format that is none',
    args: ['scene', 'lake', '--region', 'town', '--out', 'a.png', '--format', 'gif'],
    code: 64,
    says: /Expected geojson, csv, kml, geotiff or png for --format, got "gif"\n→/,
  },
  {
    name: 'a format beside the ending of another',
    args: ['scene', 'lake', '--region', 'town', '--out', 'a.png', '--format', 'csv'],
    code: 64,
    says: /ends as --format csv does \(\.csv\), got "a.png", which ends as png does\n→ end --out in \.csv, or leave out --format to write png$/m,
  },
  {
    name: 'points in a format beside the ending of another',
    args: ['roads', 'sample', 'a.pbf', '--out', 'a.geojson', '--format', 'csv'],
    code: 64,
    says: /ends as --format csv does \(\.csv\), got "a.geojson", which ends as geojson does\n→/,
  },
  {
    name: 'points in a format of heatmaps alone',
    args: ['roads', 'sample', 'a.pbf', '--out', 'a.kml'],
    code: 64,
    says: /Expected an ending of csv or geojson for --out, got "a.kml"\n→ end it in \.csv or \.geojson/,
  },
  {
    name: 'coverage in a format beside the ending of another',
    args: ['region', 'coverage', 'town', '--out', 'a.csv', '--format', 'png'],
    code: 64,
    says: /ends as --format png does \(\.png\), got "a.csv", which ends as csv does\n→/,
  },
  {
    name: 'a scene without words',
    args: ['scene', '--region', 'town'],
    code: 64,
    says: /got neither\n→ .*whereabouts scene --region town --best/,
  },
  {
    name: 'a question for the best scenes with words',
    args: ['scene', 'lake', '--best', '--region', 'town'],
    code: 64,
    says: /got both\n→ /,
  },
  {
    name: 'two weights',
    args: ['locate', 'water.jpg', '--region', 'town', '--weights', '1,1'],
    code: 64,
    says: /three weights from 0.*got "1,1"\n→ e\.g\. --weights 1,1,0/,
  },
  {
    name: 'weights that leave nothing',
    args: ['locate', 'water.jpg', '--region', 'town', '--weights', '0,0,0'],
    code: 64,
    says: /not all 0.*got "0,0,0"\n→/,
  },
  {
    name: 'a black photo',
    args: ['embed', 'photo', 'black.png'],
    code: 64,
    says: /\(photo-blank\).* for black\.png, got a single colour\n→/,
  },
  {
    name: 'a folder of photos',
    args: ['locate', '.', '--region', 'town'],
    code: 64,
    says: /got the folder "\."/,
  },
  ...['0', '-5', '0.1'].map((step) => ({
    name: `a grid of ${step} m`,
    args: ['region', 'estimate', '--grid', step, '--imagery', 'ortho.tif'],
    code: 64,
    says: /Expected 0\.5 to 1000000 metres for --grid, got .*\n→ e\.g\. --grid 50/,
  })),
  {
    name: 'a grid whose step is larger than the imagery',
    args: ['region', 'estimate', '--grid', '50000', '--imagery', 'ortho.tif'],
    code: 64,
    says: /→ no middle of a square of 50000 m lies in the region: choose a smaller step/,
  },
  {
    name: 'a question that begins with a dash',
    args: ['scene', '- lake', '--region', 'town'],
    code: 64,
    says: /unknown option '- lake'[^]*whereabouts scene --region town -- '- lake'/,
  },
  {
    name: 'that question as it is to be typed, of a region that is not there,',
    args: ['scene', '--region', 'town', '--', '- lake'],
    code: 66,
    says: /region-not-found/,
  },
  {
    name: 'a file that is not there',
    args: ['embed', 'photo', 'none.jpg'],
    code: 64,
    says: /none\.jpg/,
  },
  {
    name: 'a result for a folder that is not there',
    args: ['roads', 'sample', 'town.osm.pbf', '--points', '2', '--out', 'none/a.csv'],
    code: 64,
    says: /none\/a\.csv/,
  },
]
for (const { name, args, code, says } of wrong) {
  test(`${name} leaves with ${code}, one clear message and no stack`, async () => {
    const outcome = await run(...args)
    expect(outcome.code).toBe(code)
    expect(outcome.stderr).toMatch(says)
    expect(outcome.stderr).not.toMatch(/^ +at /m)
  })
}

test('a reader that stops early, as `head` does, is no error', async () => {
  const child = spawn(process.execPath, [...nodeArguments('src/cli/main.ts'), 'models', 'list'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const [code] = (await once(child, 'close')) as [number]
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
