import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { StartSlots } from './start-slots.ts'

describe('StartSlots', () => {
  afterEach(() => void vi.useRealTimers())

  it('never lets more in than its limit, and everybody in the end, in their order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(3), { maxLength: 30 }), async (limit, holds) => {
        const slots = new StartSlots(limit)
        const order: number[] = []
        let inside = 0
        await Promise.all(
          holds.map(async (ticks, index) => {
            const giveBack = await slots.take()
            order.push(index)
            expect(++inside).toBeLessThanOrEqual(limit)
            for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
            inside -= 1
            giveBack()
            giveBack()
          }),
        )
        expect(order).toEqual(holds.map((_, index) => index))
      }),
    )
  })

  it('does not wait for ever for a start that never shows a sign of life', async () => {
    vi.useFakeTimers()
    const slots = new StartSlots(1)
    await slots.take()
    const second = slots.take()
    await vi.advanceTimersByTimeAsync(10_000)
    await expect(second).resolves.toBeTypeOf('function')
  })
})
