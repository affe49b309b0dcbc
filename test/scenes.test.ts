import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { InputError } from '../src/errors.ts'
import { findScene, findScenes, parseSceneExpression, SCENES, sceneByName } from '../src/scenes.ts'

const { aliases } = JSON.parse(
  readFileSync(new URL('../data/scene-aliases.json', import.meta.url), 'utf8'),
) as { aliases: Record<string, string[]> }

function errorOf(action: () => unknown): InputError {
  try {
    action()
  } catch (error) {
    if (error instanceof InputError) return error
  }
  throw new Error('Expected an InputError')
}

test('the scenes are the 365 of Places365 in the official order', () => {
  expect(SCENES).toHaveLength(365)
  expect(new Set(SCENES.map(({ name }) => name)).size).toBe(365)
  const known = {
    0: 'airfield',
    171: 'harbor',
    205: 'lake/natural',
    314: 'stadium/soccer',
    364: 'zen_garden',
  }
  for (const [index, name] of Object.entries(known)) {
    expect(SCENES[Number(index)]).toMatchObject({ index: Number(index), name })
  }
})

test('the groups have the sizes of the reference', () => {
  const count = (...groups: string[]) =>
    SCENES.filter((scene) => groups.every((group) => scene.groups.includes(group as 'indoor')))
      .length
  expect([count('manMade'), count('natural'), count('indoor')]).toEqual([159, 80, 159])
  expect([count('manMade', 'natural'), count('manMade', 'indoor')]).toEqual([31, 2])
  expect(SCENES.every(({ groups }) => groups.length > 0)).toBe(true)
  expect(SCENES.filter(({ isIndoor }) => isIndoor)).toHaveLength(160)
})

test('every scene is found by its name, by its words in any order, and in capitals', () => {
  for (const scene of SCENES) {
    const words = scene.name.split(/[_/]/)
    expect(findScenes(scene.name), scene.name).toEqual([scene])
    expect(findScenes(words.join(' ')), words.join(' ')).toEqual([scene])
    expect(findScenes(words.toReversed().join(' ')), scene.name).toEqual([scene])
    expect(findScenes(` ${words.join('-').toUpperCase()} `), scene.name).toEqual([scene])
  }
})

test('every alias leads to its scene, and none shadows another name', () => {
  const phrases = Object.values(aliases).flat()
  expect(phrases.length).toBeGreaterThan(250)
  expect(new Set(phrases).size).toBe(phrases.length)
  for (const [name, list] of Object.entries(aliases)) {
    for (const phrase of list) expect(findScene(phrase).name, phrase).toBe(name)
  }
})

const meanings: Record<string, string> = {
  'soccer stadium': 'stadium/soccer',
  'football stadium': 'stadium/football',
  lake: 'lake/natural',
  Lakes: 'lake/natural',
  harbour: 'harbor',
  Harbours: 'harbor',
  'car park': 'parking_lot',
  'car parks': 'parking_lot',
  motorway: 'highway',
  church: 'church/outdoor',
  'church indoor': 'church/indoor',
  church_outdoor: 'church/outdoor',
  'parking garage': 'parking_garage/outdoor',
  'residential neighbourhood': 'residential_neighborhood',
  'petrol station': 'gas_station',
  'railway track': 'railroad_track',
  'archaeological excavation': 'archaelogical_excavation',
  'the beach': 'beach',
  'Café à voile': '',
}
for (const [words, name] of Object.entries(meanings)) {
  test(`"${words}" means ${name === '' ? 'no scene' : name}`, () => {
    expect(findScenes(words).map((scene) => scene.name)).toEqual(name === '' ? [] : [name])
  })
}

const ambiguous: Record<string, string[]> = {
  stadium: ['stadium/baseball', 'stadium/football', 'stadium/soccer'],
  desert: ['desert/sand', 'desert/vegetation', 'desert_road'],
  canal: ['canal/natural', 'canal/urban'],
}
for (const [words, candidates] of Object.entries(ambiguous)) {
  test(`"${words}" is answered with its candidates`, () => {
    const error = errorOf(() => findScene(words))
    expect(error.code).toBe('scene-ambiguous')
    expect(error.facts['candidates']).toEqual(candidates)
    for (const candidate of candidates) expect(error.message).toContain(candidate)
  })
}

const misspelt = { harbr: 'harbor', 'soccer feild': 'soccer_field', vineyrd: 'vineyard' }
for (const [words, name] of Object.entries(misspelt)) {
  test(`"${words}" is unknown and suggests ${name}`, () => {
    const error = errorOf(() => findScene(words))
    expect(error.code).toBe('scene-unknown')
    expect(error.facts['suggestions']).toContain(name)
    expect(error.message).toContain(name)
  })
}

test('of a word that is near no scene none is offered', () => {
  for (const words of ['xyzzy', 'asdf', 'qwerty', '?!']) {
    const error = errorOf(() => findScene(words))
    expect(error.code).toBe('scene-unknown')
    expect(error.facts['suggestions']).toEqual([])
    expect(error.message).toMatch(/got "[^"]*"$/)
  }
})

test('an unknown official name is an error, not undefined', () => {
  expect(errorOf(() => sceneByName('stadium')).code).toBe('scene-unknown')
})

const expressions = [
  { text: 'harbor', terms: ['+harbor'] },
  { text: '- harbor', terms: ['-harbor'] },
  { text: '-lake', terms: ['-lake/natural'] },
  { text: '+river -  street', terms: ['+river', '-street'] },
  { text: 'lake + harbour - car park', terms: ['+lake/natural', '+harbor', '-parking_lot'] },
  { text: '  + river -  street ', terms: ['+river', '-street'] },
  { text: 'field-wild', terms: ['+field/wild'] },
  { text: 'multi–storey car-park', terms: ['+parking_garage/outdoor'] },
  { text: 'multi-storey car park - house', terms: ['+parking_garage/outdoor', '-house'] },
  { text: 'stadium/soccer + stadium/soccer', terms: ['+stadium/soccer', '+stadium/soccer'] },
]
for (const { text, terms } of expressions) {
  test(`expression "${text}"`, () => {
    const parsed = parseSceneExpression(text)
    expect(parsed.map(({ scene, sign }) => (sign === 1 ? '+' : '-') + scene.name)).toEqual(terms)
  })
}
for (const text of ['car park - parking lot', 'lake + harbor - lake', '- lake + lake']) {
  test(`expression "${text}" is refused: a scene cancels out`, () => {
    expect(errorOf(() => parseSceneExpression(text))).toMatchObject({
      code: 'scene-expression',
      message: expect.stringMatching(/added or taken away.*both for (parking_lot|lake)/) as unknown,
      hint: expect.stringContaining('cancel out') as unknown,
    })
  })
}
for (const text of [
  '',
  '   ',
  'harbor +',
  'harbor + - river',
  '+',
  '- ',
  'stadium -soccer',
  'field +wild',
  'stadium  -soccer',
  'stadium \t-soccer',
  'stadium- soccer',
  'stadium+soccer',
  '--soccer field',
  // Dashes as phones and editors write them.
  'stadium – soccer',
  'stadium —soccer',
  '−soccer field',
]) {
  test(`expression "${text}" is refused`, () => {
    expect(errorOf(() => parseSceneExpression(text)).code).toBe('scene-expression')
  })
}
