/** Words that begin with a dash, such as "- harbor", are taken for an option: how to type them. */
import { OPTIONS } from '../config.ts'
import { hidePassword, quote } from './given-options.ts'

const SECRET_FLAGS = Object.values(OPTIONS)
  .filter((option) => 'isSecret' in option)
  .map(({ flag }) => `--${flag}`)

/** The same command line with its words last, behind two dashes; null: no argument is a dash and words. */
export function sayDashedWords(args: readonly string[]): string | null {
  const words = args.find((arg) => /^-\s/.test(arg))
  if (words === undefined || args.includes('--')) return null
  const others = args.filter((arg) => arg !== words).map(hideSecret)
  return ['whereabouts', ...others, '--', words].map(quote).join(' ')
}

function hideSecret(arg: string, index: number, args: readonly string[]): string {
  const [flag = ''] = arg.split('=')
  if (SECRET_FLAGS.includes(flag) && arg !== flag) {
    return `${flag}=${hidePassword(arg.slice(flag.length + 1))}`
  }
  return SECRET_FLAGS.includes(args[index - 1] ?? '') ? hidePassword(arg) : arg
}
