import { expect, test } from 'vitest'
import { claimBlock, type Block } from '../../src/gallery/claim-block.ts'
import type { RoadPoint } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { draftRegion, insertPoints, insertRegion } from './rows.ts'

/** Points of a grid, row by row; blocks of 5 × 5 of them. */
const side = 20
const points: readonly RoadPoint[] = Array.from({ length: side * side }, (_, id) => ({
  id,
  lon: 9.4 + (id % side) / 1000,
  lat: 47 + Math.floor(id / side) / 1000,
}))
const indexOf = ({ lon, lat }: Pick<RoadPoint, 'lon' | 'lat'>) =>
  [(lon - 9.4) * 1000, (lat - 47) * 1000].map((at) => Math.floor(Math.round(at) / 5))

/** Its box is half a block too wide on each side. */
function blockOf(first: RoadPoint): Block {
  const [column = 0, row = 0] = indexOf(first)
  const [lon, lat] = [9.4 + column / 200, 47 + row / 200]
  return {
    bbox: [lon - 0.0025, lat - 0.0025, lon + 0.0075, lat + 0.0075],
    has: (point) => indexOf(point).join() === `${column},${row}`,
  }
}

describeOnEachDatabase('blocks of points', (open) => {
  test('are claimed whole, each by one of many who claim at the same time', async () => {
    const db = await open()
    const { id } = await insertRegion(db, draftRegion('blocks'))
    await insertPoints(db, id, points)
    const claim = { regionId: id, leaseS: 60, worker: 'me', blockOf, idSpan: side * 6 }
    const claims = await Promise.all(Array.from({ length: 20 }, () => claimBlock(db, claim)))
    const taken = claims.filter((block) => block.length > 0)
    expect(taken).toHaveLength(16)
    for (const block of taken) {
      expect(block).toHaveLength(25)
      expect(new Set(block.map((point) => indexOf(point).join())).size).toBe(1)
      expect(block.map((point) => point.id)).toEqual(
        block.map((point) => point.id).sort((a, b) => a - b),
      )
    }
    const ids = taken.flat().map((point) => point.id)
    expect(new Set(ids).size).toBe(side * side)
    const [first] = taken.flat().filter((point) => point.id === 0)
    expect(first).toEqual({ ...points[0], failures: 0, hasWaited: false })
    const rows = await db.withClient((client) =>
      client.query(
        `select distinct state, worker, attempts, leased_until > now() as held
           from points where region = $1`,
        [id],
      ),
    )
    expect(rows).toEqual([{ state: 'leased', worker: 'me', attempts: 1, held: true }])
  })

  test('leave out what is done and what has to wait', async () => {
    const db = await open()
    const { id } = await insertRegion(db, draftRegion('gaps'))
    await insertPoints(db, id, points)
    await db.withClient((client) =>
      client.script(`
        update points set retry_at = now() + interval '1 hour' where id in (0, 1);
        update points set state = 'unavailable', reason = 'no-tile' where id = 21;
        update points set failures = 2, retry_at = now() - interval '1 hour' where id = 22`),
    )
    const block = await claimBlock(db, {
      ...{ regionId: id, leaseS: 60, worker: 'me', blockOf, idSpan: side * 6 },
    })
    expect(block.map((point) => point.id).slice(0, 6)).toEqual([2, 3, 4, 20, 22, 23])
    expect(block).toHaveLength(22)
    expect(block.find((point) => point.id === 22)).toMatchObject({ failures: 2, hasWaited: true })
  })
})
