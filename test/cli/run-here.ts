/**
 * Runs commands in the process of the test: one of its own takes a second to start, and is for
 * tests about processes.
 */
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { runCommand } from '../../src/cli/run.ts'

/** What a command left: its exit code and what it wrote. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The environment of commands that use the tiny models. */
export function settingsOf(dataDir: string, databaseUrl = ''): Record<string, string> {
  return {
    WHEREABOUTS_DATA_DIR: dataDir,
    WHEREABOUTS_MODELS_DIR: fileURLToPath(new URL('../../models/', import.meta.url)),
    WHEREABOUTS_PHOTO_MODEL: 'tiny/photo',
    WHEREABOUTS_OVERHEAD_MODEL: 'tiny/overhead',
    // Each command starts its own sessions.
    WHEREABOUTS_THREADS: '1',
    DATABASE_URL: databaseUrl,
  }
}

/** Runs a command line in a folder, with an environment, and keeps what it writes. */
export async function runHere(
  args: readonly string[],
  { folder, env }: { readonly folder: string; readonly env: Readonly<Record<string, string>> },
): Promise<Outcome> {
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const keepWrites =
    (to: string[]) =>
    (text: string | Uint8Array, done?: unknown): boolean => {
      to.push(typeof text === 'string' ? text : new TextDecoder().decode(text))
      if (typeof done === 'function') (done as () => void)()
      return true
    }
  vi.spyOn(console, 'log').mockImplementation((text) => void stdout.push(`${String(text)}\n`))
  vi.spyOn(console, 'error').mockImplementation((text) => void stderr.push(`${String(text)}\n`))
  vi.spyOn(process.stdout, 'write').mockImplementation(keepWrites(stdout))
  vi.spyOn(process.stderr, 'write').mockImplementation(keepWrites(stderr))
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const cwd = process.cwd()
  process.chdir(folder)
  try {
    const code = await runCommand(args)
    return { code, stdout: stdout.join(''), stderr: stderr.join('') }
  } finally {
    process.chdir(cwd)
    process.exitCode = undefined
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  }
}
