#!/usr/bin/env node
/** The `whereabouts` command: runs it and turns errors into messages and exit codes. */
import { CommanderError } from 'commander'
import { outcomeOf, WhereaboutsError } from '../errors.ts'
import { createProgram } from './program.ts'

const EXIT_USAGE = 64

/** Tells an error without a stack, unless it is a bug. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE
  if (error instanceof WhereaboutsError) {
    console.error(`${error.name} (${error.code}): ${error.message}`)
    if (error.hint !== undefined) console.error(`→ ${error.hint}`)
  } else {
    console.error('This is a bug in whereabouts; please report it with the lines below.')
    console.error(error)
  }
  return outcomeOf(error).exit
}

try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
