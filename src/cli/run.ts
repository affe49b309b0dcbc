/** Arguments → the command run, its errors told, and the exit code. */
import { CommanderError, type Command } from 'commander'
import { outcomeOf, WhereaboutsError } from '../errors.ts'
import { EXIT_INTERRUPTED, Interrupted } from './context.ts'
import { sayDashedWords } from './dashed-words.ts'
import { repeatOptions } from './given-options.ts'
import { printable } from './printable.ts'
import { createProgram } from './program.ts'

const EXIT_USAGE = 64

/** Tells an error without a stack, unless it is a bug; who pressed Ctrl-C knows. */
function report(error: unknown, program: Command): number {
  if (error instanceof Interrupted) return EXIT_INTERRUPTED
  if (error instanceof WhereaboutsError) {
    console.error(printable(`${error.name} (${error.code}): ${error.message}`))
    if (error.hint !== undefined)
      console.error(printable(`→ ${repeatOptions(error.hint, program)}`))
  } else {
    console.error('This is a bug in whereabouts; please report it with the lines below.')
    console.error(error)
  }
  return outcomeOf(error).exit
}

/** What commander has told already, but for what it cannot know. */
function reportUsage({ exitCode, code }: CommanderError, args: readonly string[]): number {
  const typed = code === 'commander.unknownOption' ? sayDashedWords(args) : null
  if (typed !== null) console.error(`→ what begins with a dash comes last: ${typed}`)
  return exitCode === 0 ? 0 : EXIT_USAGE
}

/** Runs one command line, without the program's name; @returns the exit code */
export async function runCommand(args: readonly string[]): Promise<number> {
  process.exitCode = undefined
  const program = await createProgram(args)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return error instanceof CommanderError ? reportUsage(error, args) : report(error, program)
  }
}
