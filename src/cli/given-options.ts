/**
 * Commands that are printed as next steps → the same as they can be typed here, looking where the
 * command line that was typed looks.
 */
import type { Command } from 'commander'
import { OPTIONS } from '../config.ts'
import { quote } from '../journeys/next-command.ts'

/**
 * Options that say where things lie. The overhead model is named by `nextCommand`, where it has to
 * be.
 */
const REPEATED = ['dataDir', 'databaseUrl', 'modelsDir'] as const
const NEXT_COMMAND = /(?<!npx )\bwhereabouts (?=(?:region|worker|models)\b)/g

/**
 * Puts the options that were typed (not those of the environment) into every command that a text
 * names as a next step, and `npx` before it where that was typed.
 */
export function repeatOptions(
  text: string,
  command: Command,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const values: Record<string, unknown> = command.optsWithGlobals()
  const given = REPEATED.flatMap((name) => {
    const value = values[name]
    if (typeof value !== 'string') return []
    const shown = name === 'databaseUrl' ? hidePassword(value) : value
    return [`--${OPTIONS[name].flag} ${quote(shown)}`]
  })
  const program = isStartedByNpx(env) ? ['npx', 'whereabouts'] : ['whereabouts']
  return text.replaceAll(NEXT_COMMAND, () => [...program, ...given, ''].join(' '))
}

/** npx tells what it starts, in quotes or without; `npx vitest` starts us too. */
function isStartedByNpx(env: Readonly<Record<string, string | undefined>>): boolean {
  const isNpx = env['npm_lifecycle_event'] === 'npx'
  return isNpx && /^'?whereabouts\b/.test(env['npm_lifecycle_script'] ?? '')
}

/**
 * The address of a database as it may be shown: as it is, or `…` where it holds a password, or
 * could.
 */
export function hidePassword(url: string): string {
  if (url === '') return url
  if (!URL.canParse(url)) return '…'
  const { password, searchParams } = new URL(url)
  const isSecret = password !== '' || [...searchParams.keys()].some((key) => /password/i.test(key))
  return isSecret ? '…' : url
}
