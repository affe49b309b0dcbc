import { expect, test } from 'vitest'
import { openTestWorld } from './world.ts'

test('two worlds of one process have different names in the work queue, as two containers with pid 1 must', async () => {
  const worlds = await Promise.all([
    openTestWorld({ models: 'tiny' }),
    openTestWorld({ models: 'tiny' }),
  ])
  const [first, second] = worlds.map(({ workerId }) => workerId)
  await Promise.all(worlds.map((world) => world.close()))
  expect(first).not.toBe(second)
})
