/**
 * Words and files that begin with a dash, such as "- harbor", "-harbor" or "-photo.jpg", are taken
 * for an option: how to type them.
 */
import { OPTIONS } from '../config.ts'
import { findScenes } from '../scenes.ts'
import { quote } from '../journeys/next-command.ts'
import { hidePassword } from './given-options.ts'

const SECRET_FLAGS = Object.values(OPTIONS)
  .filter((option) => 'isSecret' in option)
  .map(({ flag }) => `--${flag}`)

/**
 * The same command line with these last, behind two dashes; null: no argument is a dash and
 * words.
 */
export function sayDashedWords(args: readonly string[]): string | null {
  const words = args.find(isDashedWords)
  if (words === undefined || args.includes('--')) return null
  const others = args.filter((arg) => arg !== words).map(hideSecret)
  const apart = FILE.test(words) ? words : words.replace(/^-\s*/, '- ')
  return ['whereabouts', ...others, '--', apart].map(quote).join(' ')
}

/** A name with an ending, and no option with its value. */
const FILE = /^-[^=]+\.[a-z][a-z\d]{1,4}$/i

/** `- lake`, `-lake`, unless that is a slip in an option, or `-photo.jpg`. */
function isDashedWords(arg: string): boolean {
  if (FILE.test(arg) && !arg.startsWith('--')) return true
  const [, first = ''] = /^-([^-\s].*?)(\s[+-]\s|$)/s.exec(arg) ?? []
  return /^-\s/.test(arg) || findScenes(first).length > 0
}

function hideSecret(arg: string, index: number, args: readonly string[]): string {
  const [flag = ''] = arg.split('=')
  if (SECRET_FLAGS.includes(flag) && arg !== flag) {
    return `${flag}=${hidePassword(arg.slice(flag.length + 1))}`
  }
  return SECRET_FLAGS.includes(args[index - 1] ?? '') ? hidePassword(arg) : arg
}
