/** The 365 scenes of Places365 in the official order, and how people's words find them. */
import { createRequire } from 'node:module'
import { InputError } from './errors.ts'

/** A level-1 group of the Places hierarchy; a scene is in one or two. */
export type SceneGroup = 'manMade' | 'natural' | 'indoor'

/** A Places365 class. */
export interface Scene {
  /** Position in the logits. */
  readonly index: number
  /** Official name, e.g. `stadium/soccer`. */
  readonly name: string
  readonly isIndoor: boolean
  readonly groups: readonly SceneGroup[]
}

/** One class of a scene expression, added or taken away. */
export interface SceneTerm {
  readonly scene: Scene
  readonly sign: 1 | -1
}

interface AliasTable {
  /** Word → the word that the official names use. */
  readonly spellings: Readonly<Record<string, string>>
  /** Official name → what else people call it. */
  readonly aliases: Readonly<Record<string, readonly string[]>>
}

const require = createRequire(import.meta.url)
const table = require('../data/scenes.json') as readonly Omit<Scene, 'index'>[]
const { spellings, aliases } = require('../data/scene-aliases.json') as AliasTable

/** All scenes; `SCENES[i]` belongs to `logits[i]`. */
export const SCENES: readonly Scene[] = table.map((scene, index) => ({ ...scene, index }))

const byName = new Map(SCENES.map((scene) => [scene.name, scene]))
const byWords = new Map(SCENES.map((scene) => [keyOf(wordsOf(scene.name)), scene]))
const byAlias = new Map(
  Object.entries(aliases).flatMap(([name, phrases]) =>
    phrases.map((phrase): [string, Scene] => [keyOf(wordsOf(phrase)), sceneByName(name)]),
  ),
)
const wordSets = SCENES.map((scene) => ({ scene, words: new Set(wordsOf(scene.name)) }))

/**
 * The scene with exactly this official name.
 * @throws {InputError} `scene-unknown`
 */
export function sceneByName(name: string): Scene {
  const scene = byName.get(name)
  if (scene === undefined) throw unknown(name)
  return scene
}

/**
 * All scenes that words can mean, in the order of the first rule that finds any: the official name
 * or its words in any order; an alias; every scene whose name has all the words. When both indoor
 * and outdoor scenes have them, the outdoor ones are meant: nothing else can be seen from above.
 */
export function findScenes(words: string): readonly Scene[] {
  const exact = byName.get(words.trim().toLowerCase())
  if (exact !== undefined) return [exact]
  const asked = wordsOf(words)
  if (asked.length === 0) return []
  const known = byWords.get(keyOf(asked)) ?? byAlias.get(keyOf(asked))
  if (known !== undefined) return [known]
  const matches = wordSets.filter((entry) => asked.every((word) => entry.words.has(word)))
  const outdoor = matches.filter(({ scene }) => !scene.isIndoor)
  return (outdoor.length > 0 ? outdoor : matches).map(({ scene }) => scene)
}

/**
 * All 365 scenes, or those that words can mean.
 * @throws {InputError} `scene-unknown` with the nearest names
 */
export function listScenes(words?: string): readonly Scene[] {
  if (words === undefined) return SCENES
  const found = findScenes(words)
  return found.length > 0 ? found : [findScene(words)]
}

/**
 * The one scene that words mean.
 * @throws {InputError} `scene-ambiguous` with the candidates, `scene-unknown` with the nearest
 *   names
 */
export function findScene(words: string): Scene {
  const [scene, ...others] = findScenes(words)
  if (scene === undefined) throw unknown(words)
  if (others.length === 0) return scene
  const candidates = [scene, ...others].map(({ name }) => name)
  throw new InputError(
    'scene-ambiguous',
    `Expected one scene for "${words}", got ${candidates.length}: ${candidates.join(', ')}`,
    { hint: 'say which one is meant, by its full name', facts: { candidates } },
  )
}

/**
 * A sign that stands before or behind a word without a space, a `+` in a word, a dash that an
 * editor made longer: left in the words, each would be passed over. A hyphen in a word is none.
 */
const UNCLEAR_SIGN = /(?:\s|^)[+-]\S|\S[+-]\s|\S\+\S|(?:\s|^)[−–—]|[−–—](?:\s|$)/

/**
 * Reads `a`, `a + b`, `a + b - c`, `-a`; each part as `findScene`. Signs stand between spaces, but
 * for the first: others are refused, since `field -wild` could also be meant as the scene
 * field/wild.
 * @throws {InputError} `scene-expression` when a part is empty or takes away what another adds, and
 *   those of `findScene`
 */
export function parseSceneExpression(expression: string): readonly SceneTerm[] {
  if (UNCLEAR_SIGN.test(expression.trim().replace(/^[+-]\s*/, ''))) throw unjoined(expression)
  const parts = ` + ${expression.trim()}`
    .replace(/^ \+ ([+-])\s*(?=\S)/, ' $1 ')
    .split(/\s([+-])(?=\s|$)/)
  const terms = parts.slice(1).flatMap((part, i): SceneTerm[] => {
    if (i % 2 === 0) return []
    if (part.trim() === '') throw unjoined(expression)
    return [{ scene: findScene(part.trim()), sign: parts[i] === '-' ? -1 : 1 }]
  })
  refuseCancelling(terms, expression)
  return terms
}

function unjoined(expression: string): InputError {
  return new InputError(
    'scene-expression',
    `Expected scenes joined by " + " and " - " for scene, got "${expression}"`,
    {
      hint: 'with a plain + or - and a space on both sides of it, for example: harbor + industrial_area - river',
    },
  )
}

function refuseCancelling(terms: readonly SceneTerm[], expression: string): void {
  const added = terms.filter(({ sign }) => sign === 1).map(({ scene }) => scene)
  const both = terms.find(({ scene, sign }) => sign === -1 && added.includes(scene))
  if (both === undefined) return
  throw new InputError(
    'scene-expression',
    `Expected a scene to be added or taken away, got both for ${both.scene.name} in "${expression}"`,
    { hint: `they cancel out: leave ${both.scene.name} out, or take another scene away` },
  )
}

/** Lower case, no accents, spelling of the official names, no plural. */
function wordsOf(text: string): readonly string[] {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f'’]/g, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && word !== 'the' && word !== 'a')
    .map((word) => spellings[word] ?? singular(spellings[singular(word)] ?? word))
    .map(singular)
}

function singular(word: string): string {
  if (/ies$/.test(word) && word.length > 4) return word.replace(/ies$/, 'y')
  if (/(?:ch|sh|x|ss)es$/.test(word)) return word.slice(0, -2)
  return /[^s]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word
}

function keyOf(words: readonly string[]): string {
  return [...new Set(words)].sort().join(' ')
}

function unknown(words: string): InputError {
  const suggestions = nearestNames(words)
  const nearest = suggestions.length === 0 ? '' : `; nearest: ${suggestions.join(', ')}`
  return new InputError(
    'scene-unknown',
    `Expected one of the 365 scenes for scene, got "${words}"${nearest}`,
    {
      hint: 'all 365: `whereabouts scenes`, or GET /v1/scenes of a server',
      facts: { suggestions },
    },
  )
}

/** A slip such as `habour` still shares 0.57 with its word; `xyzzy` at most 0.2, `asdf` 0.3. */
const NEAR_MIN = 0.45

/** By shared letter pairs (Dice) with names and aliases; none where no name is near. */
function nearestNames(text: string): readonly string[] {
  const asked = pairsOf(wordsOf(text).join(' '))
  const scored = [...byWords, ...byAlias].map(([key, scene]) => {
    const pairs = pairsOf(key)
    const shared = [...asked].filter((pair) => pairs.has(pair)).length
    return { name: scene.name, score: (2 * shared) / (asked.size + pairs.size) }
  })
  const near = scored.filter(({ score }) => score >= NEAR_MIN)
  near.sort((a, b) => b.score - a.score)
  return [...new Set(near.map(({ name }) => name))].slice(0, 5)
}

function pairsOf(text: string): ReadonlySet<string> {
  const padded = ` ${text} `
  return new Set(Array.from({ length: padded.length - 1 }, (_, i) => padded.slice(i, i + 2)))
}
