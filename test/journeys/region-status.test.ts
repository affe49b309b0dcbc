import { expect, test } from 'vitest'
import { nameState } from '../../src/journeys/region-status.ts'
import type { Region } from '../../src/types.ts'
import { draftRegion } from '../gallery/rows.ts'

const region: Region = {
  ...draftRegion('vaduz'),
  id: 1,
  runtime: null,
  state: 'built',
  problem: null,
  createdAt: '2026-01-01T00:00:00.000Z',
}
const points = { total: 9, pending: 0, leased: 0, embedded: 9, unavailable: {} }
const waiting = { ...points, pending: 3, embedded: 6 }
const problem = { code: 'host-down', message: 'no answer', at: '2026-01-01T00:00:00.000Z' }

const CASES = [
  { name: 'a built region is built', state: 'built', points, said: 'built' },
  {
    name: 'points of a built region that wait are told',
    state: 'built',
    points: waiting,
    said: 'built, 3 points wait',
  },
  {
    name: 'of other regions they are not news',
    state: 'created',
    points: waiting,
    said: 'created',
  },
  {
    name: 'what holds a build up is told by its code',
    state: 'building',
    points: waiting,
    problem,
    said: 'building (host-down)',
  },
] as const
for (const { name, said, state, points, ...more } of CASES) {
  test(`the state in a few words: ${name}`, () => {
    expect(nameState({ region: { ...region, state, ...more }, points })).toBe(said)
  })
}
