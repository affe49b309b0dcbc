import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readModel } from '../../src/embedding/model-files.ts'
import { sceneSearch } from '../../src/journeys/search-scene.ts'
import type { Outside } from '../../src/journeys/outside.ts'

/** An overhead encoder of which only the card is asked. */
async function shipped(name: string): Promise<Pick<Outside, 'encoder'>> {
  const { card } = await readModel(fileURLToPath(new URL(`../../models/${name}`, import.meta.url)))
  return { encoder: () => Promise.resolve({ card } as never) }
}

test.each([
  ['harbor', []],
  ['igloo', ['igloo']],
  ['harbor - igloo', ['igloo']],
])('%s: the default model was shown no labelled ground of %j', async (expression, untaught) => {
  const { question } = await sceneSearch(await shipped('overhead-mobilenetv2-3'), expression)
  expect(question).toMatchObject(untaught.length > 0 ? { untaught } : { scenes: [expression] })
  expect('untaught' in question).toBe(untaught.length > 0)
})

test('a card that does not say what was taught claims nothing', async () => {
  const { question } = await sceneSearch(await shipped('tiny/overhead'), 'igloo')
  expect(question).not.toHaveProperty('untaught')
})
