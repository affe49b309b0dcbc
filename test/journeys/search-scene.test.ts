import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/embedding/model-files.ts'
import { photoQuery } from '../../src/embedding/vector.ts'
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
  const { question } = await sceneSearch(await shipped('overhead-mobilenetv2-10'), expression)
  expect(question).toMatchObject(untaught.length > 0 ? { untaught } : { scenes: [expression] })
  expect('untaught' in question).toBe(untaught.length > 0)
})

test('a card that does not say what was taught claims nothing', async () => {
  const { question } = await sceneSearch(await shipped('tiny/overhead'), 'igloo')
  expect(question).not.toHaveProperty('untaught')
})

describe('with what photos of scenes show', () => {
  const shown = Float32Array.from({ length: 365 }, (_, c) => c / 100)
  const withPrototypes = async (): Promise<Pick<Outside, 'encoder'>> => {
    const { encoder } = await shipped('overhead-mobilenetv2-10')
    const { card } = await encoder('overhead')
    return {
      encoder: () => Promise.resolve({ card, prototype: () => Promise.resolve(shown) } as never),
    }
  }

  test.each([
    ['orchard', 'of-it'],
    ['igloo', 'like-it'],
  ])('%s, which was not taught, is searched for as a photo is: %s', async (scene, byPhotos) => {
    const { query, question } = await sceneSearch(await withPrototypes(), scene)
    expect(query).toEqual(photoQuery(shown))
    expect(question).toMatchObject({ untaught: [scene], byPhotos })
  })

  test.each(['harbor', 'harbor - igloo', 'igloo + iceberg', '- igloo'])(
    '%s is searched for by logits',
    async (expression) => {
      const { query, question } = await sceneSearch(await withPrototypes(), expression)
      expect(query.operator).toBe('-dot')
      expect(question).not.toHaveProperty('byPhotos')
    },
  )
})
