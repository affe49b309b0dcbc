import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PixelBudget } from '../../src/imagery/pixel-budget.ts'

describe('PixelBudget', () => {
  test('never holds more than its limit, unless one alone needs more, and does all work in its order', async () => {
    const wishes = fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(wishes, fc.scheduler(), async (pixels, scheduler) => {
        const budget = new PixelBudget(100)
        const started: number[] = []
        let held = 0
        let count = 0
        const work = pixels.map((wanted, index) =>
          budget.within(wanted, async () => {
            started.push(index)
            held += wanted
            count += 1
            expect(held <= 100 || count === 1).toBe(true)
            await scheduler.schedule(Promise.resolve())
            held -= wanted
            count -= 1
            return index
          }),
        )
        await scheduler.waitFor(Promise.all(work))
        expect(await Promise.all(work)).toEqual(pixels.map((_, index) => index))
        expect(started).toEqual(pixels.map((_, index) => index))
      }),
    )
  })

  test('work that fails leaves its room to the next', async () => {
    const budget = new PixelBudget(10)
    const failing = budget.within(10, () => Promise.reject(new Error('torn')))
    const next = budget.within(10, async () => 'done')
    await expect(failing).rejects.toThrow('torn')
    expect(await next).toBe('done')
  })
})
