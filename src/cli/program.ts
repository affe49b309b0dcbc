/** The tree of commands: one file each. @io disk */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { OPTIONS } from '../config.ts'
import { addDemoCommand } from './demo.ts'
import { addEmbedCommand } from './embed.ts'
import { addLocateCommand } from './locate.ts'
import { addModelsCommand } from './models.ts'
import { addRegionCommand } from './region.ts'
import { addRoadsCommand } from './roads.ts'
import { addSceneCommand } from './scene.ts'
import { addServeCommand } from './serve.ts'

/** Builds the command tree. */
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
