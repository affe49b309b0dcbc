import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  fuseLogits,
  indoorShare,
  iqtL2,
  photoQuery,
  sceneQuery,
  sharedScenes,
  softmaxTop,
  standardise,
} from '../../src/embedding/vector.ts'
import { parseSceneExpression, sceneByName, SCENES } from '../../src/scenes.ts'
import type { GalleryQuery } from '../../src/heatmap-types.ts'
import type { Logits } from '../../src/types.ts'

const flat = (value: number): Logits => new Float32Array(365).fill(value)
const withScenes = (scenes: Record<string, number>, rest = 0): Logits => {
  const logits = flat(rest)
  for (const [name, value] of Object.entries(scenes)) logits[sceneByName(name).index] = value
  return logits
}
/**
 * A seed stands for a vector, so that counterexamples are short; values are multiples of 1/64
 * within ±16.
 */
function drawn(seed: number): Float32Array {
  let state = (seed * 2654435761 + 1) >>> 0
  return Float32Array.from({ length: 365 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return ((state >>> 21) - 1024) / 64
  })
}
const anyLogits = fc.nat().map(drawn)
const anyStats = fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => ({
  mean: Array.from(drawn(a), (value) => value / 4),
  std: Array.from(drawn(b), (value) => 0.2 + Math.abs(value) / 3),
}))

/** What the gallery is asked to compute, by brute force. */
function evaluate({ operator, vector, weights, scale, offset }: GalleryQuery, row: Logits): number {
  let sum = 0
  vector.forEach((value, c) => {
    const weight = weights?.[c] ?? 1
    sum += operator === 'l2' ? (weight * (value - row[c]!)) ** 2 : -value * row[c]!
  })
  return scale * (operator === 'l2' ? Math.sqrt(sum) : sum) + offset
}

test('iqtL2 without weights is the root mean square of the difference', () => {
  expect(iqtL2(flat(1), flat(-2))).toBeCloseTo(3, 12)
  expect(iqtL2(withScenes({ harbor: Math.sqrt(365) }), flat(0))).toBeCloseTo(1, 6)
})

test('iqtL2 does not change when all weights are multiplied', () => {
  fc.assert(
    fc.property(anyLogits, anyLogits, fc.double({ min: 0.1, max: 100, noNaN: true }), (a, b, f) => {
      const weights = a.map(Math.abs)
      const scaled = weights.map((w) => w * f)
      expect(iqtL2(a, b, scaled)).toBeCloseTo(iqtL2(a, b, weights), 3)
    }),
    { numRuns: 20 },
  )
})

test('iqtL2 is symmetric and zero only for equal vectors', () => {
  fc.assert(
    fc.property(anyLogits, anyLogits, (a, b) => {
      expect(iqtL2(a, b)).toBe(iqtL2(b, a))
      expect(iqtL2(a, a)).toBe(0)
      expect(iqtL2(a, b) > 0).toBe(a.some((value, c) => value !== b[c]))
    }),
    { numRuns: 20 },
  )
})

test('the query of a photo evaluates to iqtL2, with and without group weights', () => {
  const groupWeights = { manMade: 2, natural: 0.5, indoor: 0 }
  const weights = Float32Array.from(SCENES, ({ groups }) =>
    Math.max(...groups.map((group) => groupWeights[group])),
  )
  fc.assert(
    fc.property(anyLogits, anyLogits, (photo, row) => {
      expect(evaluate(photoQuery(photo), row)).toBeCloseTo(iqtL2(photo, row), 6)
      const weighted = photoQuery(photo, groupWeights)
      expect(evaluate(weighted, row)).toBeCloseTo(iqtL2(photo, row, weights), 4)
      expect(Math.hypot(...weighted.weights!)).toBeCloseTo(1, 5)
    }),
    { numRuns: 20 },
  )
})

test('a class weighs as much as the heaviest of its groups', () => {
  const { weights } = photoQuery(flat(0), { manMade: 1, natural: 3, indoor: 0 })
  const ratio = (a: string, b: string) =>
    weights![sceneByName(a).index]! / weights![sceneByName(b).index]!
  expect(ratio('ocean', 'harbor')).toBeCloseTo(3, 5)
  expect(ratio('highway', 'ocean')).toBe(1) // a highway is man-made and natural
  expect(weights![sceneByName('bedroom').index]).toBe(0)
})

test('equal group weights need no weights in the query', () => {
  expect(photoQuery(flat(1), { manMade: 4, natural: 4, indoor: 4 })).toEqual(photoQuery(flat(1)))
  expect(photoQuery(flat(1))).not.toHaveProperty('weights')
})

for (const bad of [{ manMade: -1 }, { natural: NaN }, { manMade: 0, natural: 0, indoor: 0 }]) {
  test(`group weights ${JSON.stringify(bad)} are refused`, () => {
    expect(() => photoQuery(flat(0), bad)).toThrow(/Expected weights/)
  })
}

const unusable = {
  NaN: withScenes({ harbor: NaN }),
  Infinity: withScenes({ harbor: Infinity }),
  short: new Float32Array(364),
}
for (const [name, logits] of Object.entries(unusable)) {
  test(`logits with ${name} are refused everywhere`, () => {
    const refused = /Expected 365 finite logits/
    expect(() => photoQuery(logits)).toThrow(refused)
    expect(() => iqtL2(flat(0), logits)).toThrow(refused)
    expect(() => fuseLogits([flat(0), logits])).toThrow(refused)
    expect(() => softmaxTop(logits, 3)).toThrow(refused)
    expect(() => standardise(logits, undefined)).toThrow(refused)
  })
}

test('ranking by the fused embedding is ranking by the sum of squared distances', () => {
  fc.assert(
    fc.property(
      fc.array(anyLogits, { minLength: 1, maxLength: 4 }),
      anyLogits,
      anyLogits,
      (photos, a, b) => {
        const squares = (row: Logits) => photos.reduce((sum, p) => sum + iqtL2(p, row) ** 2, 0)
        const fused = fuseLogits(photos)
        const difference = photos.length * (iqtL2(fused, a) ** 2 - iqtL2(fused, b) ** 2)
        expect(difference).toBeCloseTo(squares(a) - squares(b), 2)
      },
    ),
    { numRuns: 30 },
  )
})

test('fusing nothing is refused', () => {
  expect(() => fuseLogits([])).toThrow(/at least one/)
})

test('the query of one scene ranks rows as the raw logit does, and says how far above the average', () => {
  fc.assert(
    fc.property(anyLogits, anyLogits, anyStats, (a, b, stats) => {
      const { index } = sceneByName('harbor')
      const query = sceneQuery(parseSceneExpression('harbor'), stats)
      const [da, db] = [evaluate(query, a), evaluate(query, b)]
      expect(Math.sign(da - db)).toBe(Math.sign(b[index]! - a[index]!) + 0)
      expect(-da).toBeCloseTo((a[index]! - stats.mean[index]!) / stats.std[index]!, 6)
    }),
    { numRuns: 30 },
  )
})

test('a + b - c adds standardised logits', () => {
  fc.assert(
    fc.property(anyLogits, anyStats, (row, stats) => {
      const query = sceneQuery(parseSceneExpression('harbor + street - river'), stats)
      const z = standardise(row, stats)
      const at = (name: string) => z[sceneByName(name).index]!
      expect(-evaluate(query, row)).toBeCloseTo(at('harbor') + at('street') - at('river'), 4)
      expect(query.vector.every((value) => Math.abs(value) <= 1)).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test('without statistics scene queries use raw logits', () => {
  const query = sceneQuery(parseSceneExpression('harbor - river'), undefined)
  expect(evaluate(query, withScenes({ harbor: 5, river: 2 }))).toBe(-3)
})

test('indoorShare sums what the softmax gives to scenes indoors', () => {
  const e = Math.exp(-1)
  const kitchenAtHarbour = withScenes({ kitchen: 10, harbor: 9, pier: 9 }, -50)
  expect(indoorShare(kitchenAtHarbour)).toBeCloseTo(1 / (1 + 2 * e), 6)
  expect(indoorShare(withScenes({ harbor: 10 }, -50))).toBeCloseTo(0, 6)
  const count = SCENES.filter(({ isIndoor }) => isIndoor).length
  expect(indoorShare(flat(3))).toBeCloseTo(count / 365, 9)
})

test('softmaxTop gives the largest shares first and breaks ties by class order', () => {
  const top = softmaxTop(withScenes({ harbor: 10, river: 9, pier: 9 }, -50), 3)
  expect(top.map(({ scene }) => scene)).toEqual(['harbor', 'pier', 'river'])
  const e = Math.exp(-1)
  expect(top[0]!.share).toBeCloseTo(1 / (1 + 2 * e), 6)
  expect(softmaxTop(flat(1000), 365).reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
})

const stats = { mean: new Array<number>(365).fill(1), std: new Array<number>(365).fill(2) }
const shared = [
  {
    name: 'agreement is that of the weaker side',
    photo: { harbor: 9, river: 5, street: 20 },
    patch: { harbor: 5, river: 6, street: 4 },
    // z: harbor 4 and 2, river 2 and 2.5, street 9.5 and 1.5
    scenes: ['harbor', 'river', 'street'],
  },
  {
    name: 'a scene that one side shows by less than a deviation above the average is not shared',
    photo: { harbor: 9, river: 2.9 },
    patch: { harbor: 3, river: 9 },
    scenes: ['harbor'],
  },
  { name: 'nothing in common', photo: { harbor: 9 }, patch: { river: 9 }, scenes: [] },
]
for (const { name, photo, patch, scenes } of shared) {
  test(`sharedScenes: ${name}`, () => {
    const options = { ground: stats, overhead: stats, taught: undefined, count: 5 }
    expect(sharedScenes(withScenes(photo), withScenes(patch), options)).toEqual(scenes)
    expect(sharedScenes(withScenes(photo), withScenes(patch), { ...options, count: 1 })).toEqual(
      scenes.slice(0, 1),
    )
  })
}

test('only scenes that the overhead model was taught are shared', () => {
  const logits = withScenes({ harbor: 9, computer_room: 9 })
  const taught = [sceneByName('harbor').index, sceneByName('river').index]
  const options = { ground: stats, overhead: stats, taught, count: 5 }
  expect(sharedScenes(logits, logits, options)).toEqual(['harbor'])
})

test('each side is standardised by the statistics of its own view', () => {
  const strict = { mean: new Array<number>(365).fill(8), std: stats.std }
  const [photo, patch] = [withScenes({ harbor: 9 }), withScenes({ harbor: 5 })]
  // z of the harbour: by `stats` 4 in the photo and 2 in the patch, by `kept` 1.5 in the photo, by
  // `strict` 0.5 and −1.5
  const options = { taught: undefined, count: 5 }
  const kept = { mean: new Array<number>(365).fill(6), std: stats.std }
  expect(sharedScenes(photo, patch, { ...options, ground: kept, overhead: stats })).toEqual([
    'harbor',
  ])
  expect(sharedScenes(photo, patch, { ...options, ground: strict, overhead: stats })).toEqual([])
  expect(sharedScenes(photo, patch, { ...options, ground: stats, overhead: strict })).toEqual([])
})

test('standardise without statistics uses the vector itself', () => {
  const z = standardise(withScenes({ harbor: 10 }), undefined)
  expect(z.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 3)
  expect(standardise(flat(3), undefined).every((value) => value === 0)).toBe(true)
})
