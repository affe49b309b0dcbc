/** The tree of commands: one file each. @io disk */
import { readFileSync } from 'node:fs'
import { Command, Help } from 'commander'
import { OPTIONS } from '../config.ts'

type AddCommand = (program: Command) => void

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  roads: async () => (await import('./roads.ts')).addRoadsCommand,
  region: async () => (await import('./region.ts')).addRegionCommand,
  worker: async () => (await import('./worker.ts')).addWorkerCommand,
  locate: async () => (await import('./locate.ts')).addLocateCommand,
  scene: async () => (await import('./scene.ts')).addSceneCommand,
  scenes: async () => (await import('./scenes.ts')).addScenesCommand,
  embed: async () => (await import('./embed.ts')).addEmbedCommand,
  serve: async () => (await import('./serve.ts')).addServeCommand,
  models: async () => (await import('./models.ts')).addModelsCommand,
  imagery: async () => (await import('./imagery.ts')).addImageryCommand,
  demo: async () => (await import('./demo.ts')).addDemoCommand,
}

/**
 * Builds the command tree. Of commands that `args` name, only those are loaded, and for the version
 * none: the libraries of all take longer to load than a small extract to sample.
 */
export async function createProgram(args: readonly string[] = []): Promise<Command> {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  const program = new Command('whereabouts')
    .description(
      'Finds where an outdoor photo could have been taken, with overhead imagery and OpenStreetMap alone.\n' +
        'It suggests where to look; it never proves a place.',
    )
    .version(version)
    .configureHelp({ formatHelp: formatShortly })
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
  for (const option of Object.values(OPTIONS)) {
    const preset = option.default === '' ? '' : `, default ${option.default}`
    program.option(
      `--${option.flag} <${option.placeholder}>`,
      `${option.help} (${option.env}${preset})`,
    )
  }
  for (const name of commandsFor(args)) {
    const add = await COMMANDS[name]?.()
    add?.(program)
  }
  return program
}

function commandsFor(args: readonly string[]): readonly string[] {
  const all = Object.keys(COMMANDS)
  const named = all.filter((name) => args.includes(name))
  if (named.length > 0) return named
  return args[0] === '--version' || args[0] === '-V' ? [] : all
}

/** The help of a command names the options of all in a few lines, so that its own are seen. */
function formatShortly(command: Command, helper: Help): string {
  const help = Help.prototype.formatHelp.call(helper, command, helper)
  if (command.parent === null) return help
  const flags = Object.values(OPTIONS).map(({ flag }) => `--${flag}`)
  const text = `Options of every command, told by \`whereabouts --help\`: ${flags.join(', ')}`
  return `${help}\n${helper.boxWrap(text, helper.helpWidth ?? 80)}\n`
}
