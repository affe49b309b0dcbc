/** Starts threads whose code lies in a file of ours, built or in TypeScript. @io native */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * Starts a thread.
 * @param importer  `import.meta.url` of the file beside which the thread's file lies
 * @param name  of the thread's file, without extension
 */
export function startWorker(importer: string, name: string, workerData: unknown): Worker {
  if (!importer.endsWith('.ts')) {
    return new Worker(new URL(`./${name}.js`, importer), { workerData })
  }
  // From source tsx has to translate; Node 20 ignores `--import tsx` for a thread's own entry file, and
  // tsx's ESM hooks would start one more thread in each (390 ms of CPU instead of 80).
  const tsx = createRequire(import.meta.url).resolve('tsx/cjs/api')
  const file = fileURLToPath(new URL(`./${name}.ts`, importer))
  const code = `require(${JSON.stringify(tsx)}).register(); require(${JSON.stringify(file)})`
  return new Worker(code, { eval: true, workerData })
}
