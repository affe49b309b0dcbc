import { describe, expect, test } from 'vitest'
import { findBoundary } from '../../src/roads/find-boundary.ts'

const relation = (id: number, tags: Record<string, string>) => ({
  id,
  tags: new Map(Object.entries(tags)),
  ways: [],
})
const RELATIONS = [
  relation(1, { name: 'Österreich', 'name:en': 'Austria', admin_level: '2', 'ISO3166-1': 'AT' }),
  relation(2, { name: 'Monaco', admin_level: '2' }),
  relation(3, { name: 'Monaco', admin_level: '8' }),
  relation(4, { name: 'Wien', 'name:it': 'Vienna', alt_name: 'Stadt Wien;Bundeshauptstadt' }),
  relation(5, { name: 'Vienna', admin_level: '8' }),
  relation(6, { admin_level: '9' }),
]

describe('findBoundary', () => {
  const FOUND: { name: string; adminLevel?: number; id: number }[] = [
    { name: 'Österreich', id: 1 },
    { name: 'osterreich ', id: 1 },
    { name: 'Austria', id: 1 },
    { name: 'AT', id: 1 },
    { name: 'Monaco', adminLevel: 8, id: 3 },
    { name: 'relation/2', id: 2 },
    { name: 'r/3', id: 3 },
    { name: 'bundeshauptstadt', id: 4 },
    // Its own name beats a translation.
    { name: 'Vienna', id: 5 },
  ]
  for (const { id, ...wanted } of FOUND) {
    test(`finds "${wanted.name}" ${wanted.adminLevel ?? ''}`, () => {
      expect(findBoundary(RELATIONS, wanted).id).toBe(id)
    })
  }

  test('lists all candidates of a name that several have', () => {
    const find = () => findBoundary(RELATIONS, { name: 'monaco' })
    expect(find).toThrow(
      'got 2: Monaco (admin_level 2, relation/2); Monaco (admin_level 8, relation/3)',
    )
    expect(find).toThrow(expect.objectContaining({ code: 'boundary-ambiguous' }))
  })

  test('names those that are alike where none has the name, else the highest', () => {
    const hintOf = (wanted: Parameters<typeof findBoundary>[1]): string => {
      try {
        findBoundary(RELATIONS, wanted)
      } catch (error) {
        return (error as { hint: string }).hint
      }
      throw new Error('found')
    }
    expect(hintOf({ name: 'Wie' })).toBe('the extract has: Wien (admin_level none, relation/4)')
    expect(hintOf({ name: 'Monaco', adminLevel: 4 })).toMatch(/relation\/2.*relation\/3/)
    expect(hintOf({ name: 'Atlantis' })).toMatch(/^the extract has: Österreich .*relation\/1/)
    expect(() => findBoundary([], { name: 'x' })).toThrow(
      expect.objectContaining({
        code: 'boundary-not-found',
        hint: expect.stringContaining('--boundary FILE') as string,
      }),
    )
  })
})
