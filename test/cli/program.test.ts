/** What the command tells: its help, and what comes of wrong calls. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'

function helpOf(command: Command, path: string): string {
  const own = `$ whereabouts${path} --help\n${command.helpInformation()}`
  return [own, ...command.commands.map((sub) => helpOf(sub, `${path} ${sub.name()}`))].join('\n')
}

test('the help of every command is the golden one', async () => {
  const golden = new URL('../golden/help.txt', import.meta.url)
  const help = helpOf((await createProgram()).configureOutput({ getOutHelpWidth: () => 100 }), '')
  if (process.env['BLESS']) writeFileSync(golden, help)
  expect(existsSync(golden)).toBe(true)
  expect(help).toBe(readFileSync(golden, 'utf8'))
})

test('the help of a command fits a screen of 40 lines, its own options first', async () => {
  const check = (command: Command): void => {
    const help = command.configureOutput({ getOutHelpWidth: () => 80 }).helpInformation()
    // Those of `serve` are the options of every command.
    const isShort = command.name() !== 'serve' && command.parent !== null
    if (isShort) expect(help.split('\n').length, command.name()).toBeLessThanOrEqual(40)
    expect(help.indexOf('--data-dir'), command.name()).toBeGreaterThan(help.indexOf('Options:\n'))
    command.commands.forEach(check)
  }
  check(await createProgram())
})

test('every command and every option explains itself', async () => {
  const check = (command: Command): void => {
    expect(command.description(), command.name()).not.toBe('')
    for (const option of command.options) expect(option.description, option.flags).not.toBe('')
    command.commands.forEach(check)
  }
  check(await createProgram())
})

test('a command that is named is found whatever the other words', async () => {
  const program = await createProgram(['--data-dir', 'roads', 'locate', 'photo.jpg'])
  expect(program.commands.map((command) => command.name())).toEqual(['roads', 'locate'])
})

test('the version is told without loading a command', async () => {
  for (const flag of ['--version', '-V']) {
    expect((await createProgram([flag])).commands).toEqual([])
  }
})
