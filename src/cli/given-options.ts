/**
 * Commands that are printed as next steps → the same, looking where the command line that was typed
 * looks.
 */
import type { Command } from 'commander'
import { OPTIONS } from '../config.ts'
import { quote } from '../journeys/next-command.ts'

/**
 * Options that say where things lie. The overhead model is named by `nextCommand`, where it has to
 * be.
 */
const REPEATED = ['dataDir', 'databaseUrl', 'modelsDir'] as const
const NEXT_COMMAND = /\bwhereabouts (?=(?:region|worker|models)\b)/g

/**
 * Puts the options that were typed (not those of the environment) into every command that a text
 * names as a next step.
 */
export function repeatOptions(text: string, command: Command): string {
  const values: Record<string, unknown> = command.optsWithGlobals()
  const given = REPEATED.flatMap((name) => {
    const value = values[name]
    if (typeof value !== 'string') return []
    const shown = name === 'databaseUrl' ? hidePassword(value) : value
    return [`--${OPTIONS[name].flag} ${quote(shown)}`]
  })
  return text.replaceAll(NEXT_COMMAND, () => ['whereabouts', ...given, ''].join(' '))
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
