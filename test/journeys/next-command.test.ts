import { describe, expect, test } from 'vitest'
import { nextCommand, workerCommand } from '../../src/journeys/next-command.ts'
import { describeBuild } from '../../src/journeys/region-status.ts'
import type { Region } from '../../src/types.ts'
import { draftRegion } from '../gallery/rows.ts'

const region: Region = {
  ...draftRegion('vaduz'),
  id: 1,
  runtime: null,
  state: 'created',
  problem: null,
  createdAt: '2026-01-01T00:00:00.000Z',
}

const none = { total: 0, pending: 0, leased: 0, embedded: 0, unavailable: {} }

describe('the command that goes on with a region', () => {
  test('names no model where a command takes that of the region anyway', () => {
    const usual = { usualModel: region.model.name }
    expect(nextCommand(usual, region, 'region build')).toBe('whereabouts region build vaduz')
  })

  test('names the model of the region where a command would take another', () => {
    expect(nextCommand({ usualModel: 'other' }, region, 'region refresh')).toBe(
      'whereabouts region refresh vaduz --overhead-model tiny-overhead',
    )
  })

  test('is one word for the model, whatever its name', () => {
    const evil = { ...region, model: { ...region.model, name: "x; curl 'h' | sh" } }
    expect(nextCommand({ usualModel: 'other' }, evil, 'region build')).toBe(
      String.raw`whereabouts region build vaduz --overhead-model 'x; curl '\''h'\'' | sh'`,
    )
  })

  test.each(['created', 'stopped', 'building'] as const)(
    'is the one that the state "%s" tells',
    (state) => {
      const told = describeBuild(
        { usualModel: 'other' },
        { region: { ...region, state }, points: none, workers: [] },
      )
      expect(told).toMatch(/whereabouts region build vaduz --overhead-model tiny-overhead$/)
    },
  )

  test('starts a worker that has the model of the region', () => {
    expect(workerCommand({ usualModel: region.model.name }, region)).toBe('whereabouts worker')
    const other = { usualModel: 'other' }
    expect(workerCommand(other, region)).toBe('whereabouts worker --overhead-model tiny-overhead')
    const waiting = { ...region, state: 'building' as const }
    expect(describeBuild(other, { region: waiting, points: none, workers: [] })).toContain(
      'waits for workers: whereabouts worker --overhead-model tiny-overhead, or ',
    )
  })
})
