import { expect, test } from 'vitest'
import { embeddingQuestion, photoQuestion } from '../../src/journeys/photo-question.ts'
import { sceneByName } from '../../src/scenes.ts'

const logitsOf = (scenes: Record<string, number>) => {
  const logits = new Float32Array(365).fill(-50)
  for (const [name, value] of Object.entries(scenes)) logits[sceneByName(name).index] = value
  return logits
}
const frames = [{ name: 'a.jpg', sha256: 'ab', logits: new Float32Array(365) }]
const photos = [{ name: 'a.jpg', sha256: 'ab' }]

test('a photo that shows more of indoors than of outdoors says how much, and so does its embedding', () => {
  const logits = logitsOf({ kitchen: 1, street: 0 })
  const indoorShare = expect.closeTo(1 / (1 + Math.exp(-1)), 6) as unknown
  expect(photoQuestion(frames, logits)).toEqual({ kind: 'photo', photos, indoorShare })
  expect(embeddingQuestion(logits)).toEqual({ kind: 'embedding', indoorShare })
})

test('a photo of outdoors says nothing of it; weights are told where there are some', () => {
  const logits = logitsOf({ kitchen: 0, street: 1 })
  expect(photoQuestion(frames, logits)).toEqual({ kind: 'photo', photos })
  expect(photoQuestion(frames, logits, null)).toEqual({ kind: 'photo', photos })
  const groupWeights = { indoor: 0 }
  expect(photoQuestion(frames, logits, groupWeights)).toEqual({
    kind: 'photo',
    photos,
    groupWeights,
  })
  expect(embeddingQuestion(logits, null)).toEqual({ kind: 'embedding' })
  expect(embeddingQuestion(logits, groupWeights)).toEqual({ kind: 'embedding', groupWeights })
})
