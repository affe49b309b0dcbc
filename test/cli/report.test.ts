import { expect, test } from 'vitest'
import { formatFindings } from '../../src/cli/report.ts'
import type { Candidate } from '../../src/heatmap-types.ts'
import { makeTown } from '../heatmap/made-heatmap.ts'

const candidate: Candidate = {
  rank: 1,
  point: { id: 1, lon: 1.9, lat: 55 },
  distance: 1.25,
  capturedOn: null,
  reference: { kind: 'xyz', items: [] },
  patchSha256: 'ab'.repeat(32),
  scenes: [],
  sharedScenes: [],
}

const scene = { kind: 'scene', expression: 'igloo', scenes: ['igloo'] } as const

test.each([
  ['a scene by its logit', scene, /^distance: by how many standard deviations/m],
  [
    'a scene by photos of it',
    { ...scene, byPhotos: 'of-it' },
    /^distance: from what photos of it/m,
  ],
  [
    'a scene by photos like it',
    { ...scene, byPhotos: 'like-it' },
    /^distance: from what photos most like it show/m,
  ],
] as const)('the table says what the distance of %s is', (_name, question, said) => {
  expect(formatFindings({ ...makeTown(), question }, [candidate])).toMatch(said)
})

test('the table of a photo needs no words for its distance', () => {
  const question = { kind: 'photo', photos: [] } as const
  expect(formatFindings({ ...makeTown(), question }, [candidate])).not.toMatch(/^distance:/m)
})

test.each([
  [{ unavailableCount: 0, pendingCount: 0 }, null],
  [{ unavailableCount: 2, pendingCount: 0 }, 'not searched: 2 of 12 points have no imagery'],
  [{ unavailableCount: 0, pendingCount: 3 }, 'not searched: 3 of 13 points are not built yet'],
  [
    { unavailableCount: 2, pendingCount: 3 },
    'not searched: 2 of 15 points have no imagery, 3 of 15 points are not built yet',
  ],
])('of points that were not searched the table tells those there are: %j', (counts, said) => {
  const lines = formatFindings({ ...makeTown(), pointCount: 10, ...counts }, []).split('\n')
  const told = lines.find((line) => line.startsWith('not searched'))
  expect(told ?? null).toBe(said)
})
