/** Runs once before all tests, in vitest's main process. */
import type { TestProject } from 'vitest/node'
import { pgliteTemplate } from './pglite-template.ts'

/** Makes the template here, or each test process would make its own. */
export default async function setup({ config }: TestProject): Promise<void> {
  process.env['TMPDIR'] = config.env['TMPDIR']
  await pgliteTemplate()
}
