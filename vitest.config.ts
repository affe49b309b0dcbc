import { mkdirSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { defineConfig } from 'vitest/config'

/**
 * Each database for a test is a copy of a thousand small files, which takes a fifth of the time in
 * memory.
 */
function temporaryFolder(): string {
  const [memory, roomBytes] = ['/dev/shm', 4e9]
  if (process.env['TMPDIR'] !== undefined) return tmpdir()
  try {
    const { bavail, bsize } = statfsSync(memory)
    if (bavail * bsize < roomBytes) return tmpdir()
    const folder = `${memory}/whereabouts-test`
    mkdirSync(folder, { recursive: true })
    return folder
  } catch {
    return tmpdir()
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/global-setup.ts',
    // A machine with other work may take many times as long; nothing here asserts a time.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Files share a process and its loaded modules: loading them anew for each took as long as the
    // tests.
    isolate: false,
    // One more than two cores: some tests wait for timers and for other processes.
    maxWorkers: 3,
    // onnxruntime's telemetry leaves a file in the temporary folder for each process.
    env: { TMPDIR: temporaryFolder(), ORT_DISABLE_TELEMETRY: '1' },
  },
})
