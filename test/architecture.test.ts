/**
 * The import rules of docs/architecture.md: who may import whom, and where the outside is touched.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const src = fileURLToPath(new URL('../src/', import.meta.url))
const level0 = ['types', 'heatmap-types', 'errors']
const level1 = ['geo', 'image', 'scenes', 'worker-thread']
const level2 = ['roads', 'imagery', 'embedding', 'gallery', 'heatmap', 'sample']
const below2 = [...level0, ...level1]

/** Top folder or file of `src` → what it may import besides itself. */
const allowed: Record<string, readonly string[]> = {
  types: level0,
  'heatmap-types': level0,
  errors: level0,
  'worker-thread': level0,
  geo: level0,
  image: level0,
  scenes: level0,
  config: level0,
  ...Object.fromEntries(level2.map((room) => [room, below2])),
  journeys: [...below2, ...level2],
  wire: [...below2, ...level2, 'config'],
  http: [...level0, 'scenes', 'journeys'],
  cli: [...below2, ...level2, 'config', 'journeys', 'wire', 'http'],
}

const OUTSIDE =
  /from '(node:(fs|http|https|net|child_process|worker_threads|os)(\/[\w/]+)?|pg|sharp|onnxruntime-node|@electric-sql\/[\w-]+)'|(?<![.\w])fetch\(/
/** Reading the number of cores is how the default of `--threads` is found. */
const isIo = (text: string) => /@io /.test(text.slice(0, 800))

interface SourceFile {
  readonly path: string
  readonly room: string
  readonly text: string
  readonly imports: readonly { readonly to: string; readonly isType: boolean }[]
}

const files: SourceFile[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(src, path), 'utf8')
    const matches = text.matchAll(/^(?:import|export) (type )?[^'"]*?from '(\.[^']+)'/gm)
    const imports = [...matches].map(([, isType, to]) => ({
      to: relative('.', normalize(join(dirname(path), to ?? ''))),
      isType: isType !== undefined,
    }))
    return { path, room: roomOf(path), text, imports }
  })
const byPath = new Map(files.map((file) => [file.path, file]))

function roomOf(path: string): string {
  const top = path.split('/')[0] ?? ''
  return top.replace(/\.ts$/, '').replace(/^scenes-.*/, 'scenes')
}

test('every file of src lies in a known room', () => {
  expect(files.length).toBeGreaterThan(20)
  expect(files.filter((file) => allowed[file.room] === undefined).map((file) => file.path)).toEqual(
    [],
  )
})

test('rooms import only from the rooms below them', () => {
  const broken = files.flatMap((file) =>
    file.imports
      .filter(({ to }) => roomOf(to) !== file.room && !allowed[file.room]?.includes(roomOf(to)))
      .map(({ to }) => `${file.path} imports ${to}: ${file.room} may not import ${roomOf(to)}`),
  )
  expect(broken).toEqual([])
})

test('a file that touches disk, network, database or native code says @io in its header', () => {
  const untagged = files.filter(
    (file) => file.room !== 'config' && OUTSIDE.test(file.text) && !isIo(file.text),
  )
  expect(untagged.map((file) => file.path)).toEqual([])
})

test('journeys import values only from files without @io', () => {
  const broken = files
    .filter((file) => file.room === 'journeys')
    .flatMap((file) =>
      file.imports
        .filter(({ to, isType }) => !isType && isIo(byPath.get(to)?.text ?? ''))
        .map(({ to }) => `${file.path} imports a value from ${to}, which is @io`),
    )
  expect(broken).toEqual([])
})

test('clock, randomness and environment are read only in wire, config and cli', () => {
  const impure = files.filter(
    (file) =>
      !['wire', 'config', 'cli'].includes(file.room) &&
      !isIo(file.text) &&
      /Date\.now\(|Math\.random\(|process\.env|new Date\(\)/.test(file.text),
  )
  expect(impure.map((file) => file.path)).toEqual([])
})

test('SQL stands only in gallery', () => {
  const broken = files.filter(
    (file) =>
      file.room !== 'gallery' &&
      // A format of map tiles that is an SQLite file, not our database.
      file.path !== 'imagery/mbtiles.ts' &&
      /\b(select|insert into|delete from) [^'"`]*\b(from|values|where)\b/.test(
        file.text.replaceAll(/\/\*\*[\s\S]*?\*\//g, ''),
      ),
  )
  expect(broken.map((file) => file.path)).toEqual([])
})
