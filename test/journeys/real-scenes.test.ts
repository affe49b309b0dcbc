/** Rows of docs/evaluation.md that hold; the others are listed there for the models' work. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithShared } from '../shared.ts'
import { openTestWorld, type TestWorld } from '../world.ts'
import { buildPlace, meanLogits, ROTTERDAM, VEGAS } from './real-scenes.ts'

/** Coarser than the 10 m of the document, to be quick. */
const STEP_M = 30

describeWithShared('the overhead model on real imagery', () => {
  let world: TestWorld
  beforeAll(async () => {
    world = await openTestWorld({ models: 'real' })
    await buildPlace(world, VEGAS, STEP_M)
    await buildPlace(world, ROTTERDAM, STEP_M)
  }, 120_000)
  afterAll(() => world.close())

  const rows = [
    { place: VEGAS, scene: 'parking_lot', best: 'south' },
    { place: VEGAS, scene: 'desert/sand', best: 'north' },
    { place: ROTTERDAM, scene: 'harbor', best: 'chip 2' },
    { place: ROTTERDAM, scene: 'industrial_area', best: 'chip 3' },
    { place: ROTTERDAM, scene: 'residential_neighborhood', best: 'chip 1' },
  ]
  for (const { place, scene, best } of rows) {
    test(`${scene} is strongest in ${best} of ${place.name}`, async () => {
      const means = (await meanLogits(world, place, [scene]))[scene] ?? {}
      const others = place.parts.filter((part) => part !== best)
      for (const part of others) expect(means[best]).toBeGreaterThan(means[part] ?? Infinity)
    })
  }
})
