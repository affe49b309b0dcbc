/** Starts threads whose code lies in a file of ours, built or in TypeScript. @io native */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import type * as Esbuild from 'esbuild'

/**
 * Starts a thread.
 * @param importer  `import.meta.url` of the file beside which the thread's file lies
 * @param name  of the thread's file, without extension
 */
export function startWorker(importer: string, name: string, workerData: unknown): Worker {
  return startWorkerWith(importer, name, { workerData })
}

/** Starts a thread with options of Node's own, such as limits of its memory. */
export function startWorkerWith(importer: string, name: string, options: WorkerOptions): Worker {
  if (!importer.endsWith('.ts')) {
    return new Worker(new URL(`./${name}.js`, importer), options)
  }
  const file = fileURLToPath(new URL(`./${name}.ts`, importer))
  const code = bundles.get(file) ?? bundle(file, importer)
  bundles.set(file, code)
  return new Worker(code, { ...options, eval: true })
}

const bundles = new Map<string, string>()

/**
 * From source, translated once per process: Node 20 ignores `--import tsx` for a thread's own entry
 * file, and tsx in each thread takes 0.1 to 0.4 s of CPU. All modules of the bundle are told the
 * importer's place as their own: what they load by a relative path must lie as deep.
 */
function bundle(file: string, importer: string): string {
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof Esbuild
  const { outputFiles } = buildSync({
    entryPoints: [file],
    // Else the folder in which esbuild was loaded, which may be gone.
    absWorkingDir: dirname(file),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    write: false,
    define: { 'import.meta.url': JSON.stringify(importer) },
  })
  // Code without a file would look for packages in the current folder.
  const require = `require('node:module').createRequire(${JSON.stringify(importer)})`
  return `((require) => {${outputFiles[0]?.text ?? ''}\n})(${require})`
}
