import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { SCENES } from '../../src/scenes.ts'
import { runHere, settingsOf } from './run-here.ts'

/** With the models that ship: the tiny ones do not say what they learned. */
const OVERHEAD = ['--overhead-model', 'overhead-mobilenetv2-10']
const run = (...args: readonly string[]) =>
  runHere(['scenes', ...args], { folder: tmpdir(), env: settingsOf(tmpdir()) })

test('scenes lists all 365 in the official order, with the side of the wall and what was learned', async () => {
  const { code, stdout } = await run(...OVERHEAD)
  const lines = stdout.trimEnd().split('\n')
  expect({ code, count: lines.length }).toEqual({ code: 0, count: 365 })
  expect(lines.map((line) => line.split('\t')[0])).toEqual(SCENES.map(({ name }) => name))
  expect(lines).toContain('harbor\toutdoors\tlearned')
  expect(lines).toContain('igloo\toutdoors')
  expect(lines).toContain('kitchen\tindoors')
})

test('scenes lists what words can mean, also as JSON', async () => {
  const { stdout } = await run('water', ...OVERHEAD)
  expect(stdout.split('\n').map((line) => line.split('\t')[0])).toContain('water_park')
  expect(stdout).not.toContain('harbor')
  const answer = await run('soccer', 'stadium', '--json', ...OVERHEAD)
  expect(JSON.parse(answer.stdout)).toEqual([
    {
      index: expect.any(Number) as unknown,
      name: 'stadium/soccer',
      isIndoor: false,
      isLearned: true,
    },
  ])
})

test('words that mean no scene are refused, with the nearest', async () => {
  const { code, stderr } = await run('harbxr')
  expect(code).toBe(64)
  expect(stderr).toMatch(/nearest: .*harbor/)
})
