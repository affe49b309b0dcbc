import { expect, test } from 'vitest'
import { findPublished } from '../../src/embedding/published.ts'

test('the published Places365 ResNet-18 has address, length, checksum, and who says so', () => {
  const { url, bytes, sha256, checksumSource, file } = findPublished('places365-resnet18')
  expect(url).toBe(`http://places2.csail.mit.edu/models_places365/${file}`)
  expect([bytes, sha256.slice(0, 8)]).toEqual([45_506_139, '2f475921'])
  expect(checksumSource).toContain('2f475921')
})

test('an unknown name is refused with the known ones, an inherited one too', () => {
  for (const name of ['resnet', 'toString']) {
    expect(() => findPublished(name)).toThrowError(
      expect.objectContaining({
        code: 'model-unknown',
        hint: 'known: places365-resnet18',
      }) as Error,
    )
  }
})
