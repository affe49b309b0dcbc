/** The sources as JavaScript, for what tests start as processes of their own. */
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
const compiled = ['src', 'scripts', 'test']
/** What the sources read beside them. */
const linked = ['data', 'migrations', 'models', 'node_modules', 'package.json']

/** Every file stays one of its own: threads and data are found by a path beside it. */
const keepImports: Plugin = {
  name: 'keep-imports',
  setup: (build) => {
    build.onResolve({ filter: /./ }, ({ kind, path }) => {
      if (kind === 'entry-point') return undefined
      return { path: path.replace(/^(\..*)\.ts$/, '$1.js'), external: true }
    })
  },
}

/**
 * @returns a folder laid out as the repository, with .js for .ts; `undefined` where a file cannot
 *   be compiled, as one being written
 */
export async function compileSources(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'whereabouts-compiled-'))
  try {
    await compileTo(folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    process.emitWarning(`The tests' own processes start from the sources: ${String(error)}`)
    return undefined
  }
  return folder
}

async function compileTo(folder: string): Promise<void> {
  const files = await Promise.all(
    compiled.map(async (name) =>
      (await readdir(join(root, name), { recursive: true }))
        .filter((file) => file.endsWith('.ts'))
        .map((file) => join(name, file)),
    ),
  )
  await build({
    absWorkingDir: root,
    entryPoints: files.flat(),
    outdir: folder,
    outbase: '.',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [keepImports],
  })
  for (const name of linked) await symlink(join(root, name), join(folder, name))
}
