import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Files share a process and its loaded modules: loading them anew for each took as long as the tests.
    isolate: false,
    maxWorkers: 2,
  },
})
