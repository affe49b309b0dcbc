#!/usr/bin/env node
/** The `whereabouts` command: registers one file per command and turns errors into exit codes. @io disk */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { OPTIONS } from '../config.ts'
import { outcomeOf, WhereaboutsError } from '../errors.ts'
import { addDemoCommand } from './demo.ts'
import { addEmbedCommand } from './embed.ts'
import { addLocateCommand } from './locate.ts'
import { addModelsCommand } from './models.ts'
import { addRegionCommand } from './region.ts'
import { addRoadsCommand } from './roads.ts'
import { addSceneCommand } from './scene.ts'
import { addServeCommand } from './serve.ts'

const EXIT_USAGE = 64

/** Builds the command tree; tests call its help. */
export function createProgram(): Command {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  const program = new Command('whereabouts')
    .description(
      'Finds where an outdoor photo could have been taken, with overhead imagery and OpenStreetMap alone.\n' +
        'It suggests where to look; it never proves a place.',
    )
    .version(version)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
  for (const option of Object.values(OPTIONS)) {
    const preset = option.default === '' ? '' : `, default ${option.default}`
    program.option(
      `--${option.flag} <${option.placeholder}>`,
      `${option.help} (${option.env}${preset})`,
    )
  }
  addRoadsCommand(program)
  addRegionCommand(program)
  addLocateCommand(program)
  addSceneCommand(program)
  addEmbedCommand(program)
  addServeCommand(program)
  addModelsCommand(program)
  addDemoCommand(program)
  return program
}

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
