/** Runs once before all tests, in vitest's main process. */
import { rm } from 'node:fs/promises'
import type { TestProject } from 'vitest/node'
import { compileSources } from './compile-sources.ts'
import { pgliteTemplate } from './pglite-template.ts'

/**
 * Makes here what each test process would make for itself, or do without.
 * @returns what clears it away
 */
export default async function setup({ config }: TestProject): Promise<() => Promise<void>> {
  process.env['TMPDIR'] = config.env['TMPDIR']
  await pgliteTemplate()
  // Sources that are watched change.
  const compiled = config.watch ? undefined : await compileSources()
  if (compiled === undefined) return async () => undefined
  process.env['COMPILED_SOURCES'] = compiled
  return () => rm(compiled, { recursive: true, force: true })
}
