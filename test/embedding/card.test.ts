import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseModelCard } from '../../src/embedding/card.ts'
import { ConfigError } from '../../src/errors.ts'

type Card = Record<string, unknown>

function tiny(name: 'photo' | 'overhead'): Card {
  const path = new URL(`../../models/tiny/${name}/model.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')) as Card
}

function without(card: Card, key: string): Card {
  return Object.fromEntries(Object.entries(card).filter(([name]) => name !== key))
}

function problemsOf(card: unknown): string {
  try {
    parseModelCard(card, 'x')
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'model-card') return error.message
    throw error
  }
  return ''
}

test('the cards of the tiny pair are accepted as they are', () => {
  for (const name of ['photo', 'overhead'] as const) {
    const card = parseModelCard(tiny(name), name)
    expect(card.size).toEqual(tiny(name)['size'])
    expect(card.stats?.mean).toHaveLength(365)
  }
})

test('fields that are new to the program are tolerated', () => {
  expect(problemsOf({ ...tiny('photo'), trainedOn: '2030-01-01' })).toBe('')
})

const refused: { name: string; card: unknown; says: RegExp }[] = [
  { name: 'no object', card: 'model', says: /expected object/i },
  {
    name: 'a sha256 in capitals',
    card: { ...tiny('photo'), sha256: 'A'.repeat(64) },
    says: /sha256/,
  },
  { name: 'another scene space', card: { ...tiny('photo'), space: 'imagenet' }, says: /space/ },
  { name: 'a path for file', card: { ...tiny('photo'), file: '../model.onnx' }, says: /file/ },
  { name: 'an overhead model without gsd', card: without(tiny('overhead'), 'gsd'), says: /gsd/ },
  { name: 'a ground model without resize', card: without(tiny('photo'), 'resize'), says: /resize/ },
  { name: 'a logitsmap without stride', card: without(tiny('overhead'), 'stride'), says: /stride/ },
  {
    name: 'statistics of too few classes',
    card: { ...tiny('photo'), stats: { mean: [0], std: [1], over: 'x' } },
    says: /stats\.mean/,
  },
  {
    name: 'a class that never changes, which nothing can be divided by',
    card: {
      ...tiny('photo'),
      stats: { mean: new Array(365).fill(0), std: new Array(365).fill(0), over: 'x' },
    },
    says: /stats\.std/,
  },
]
for (const { name, card, says } of refused) {
  test(`a card with ${name} is refused`, () => {
    expect(problemsOf(card)).toMatch(says)
  })
}

test('all problems of a card are told at once', () => {
  const message = problemsOf({ ...tiny('photo'), bytes: -1, classes: 205, view: 'aerial' })
  expect(message).toMatch(/got 3 problems/)
  for (const word of ['bytes', 'classes', 'view']) expect(message).toContain(word)
})
