import { describe, expect, it } from 'vitest'
import { LiveQueue } from './live-queue.ts'

async function readAll<Item>(queue: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of queue) items.push(item)
  return items
}

describe('LiveQueue', () => {
  it('gives everything in order, what came before the reader and what comes while it waits', async () => {
    const queue = new LiveQueue<number>()
    queue.push(1)
    const reading = readAll(queue)
    await Promise.resolve()
    queue.push(2)
    await new Promise((resolve) => setTimeout(resolve, 5))
    queue.push(3)
    queue.end()
    queue.push(4)
    expect(await reading).toEqual([1, 2, 3])
  })

  it('gives what waits before it fails', async () => {
    const queue = new LiveQueue<number>()
    queue.push(1)
    queue.fail(new Error('broken'))
    const iterator = queue[Symbol.asyncIterator]()
    expect(await iterator.next()).toEqual({ value: 1, done: false })
    await expect(iterator.next()).rejects.toThrow('broken')
  })

  it('drops for a reader that lags only what may be dropped', async () => {
    const queue = new LiveQueue<number>({ isDroppable: (item) => item < 0 })
    for (let index = 1; index <= 3_000; index++) {
      queue.push(index)
      queue.push(-index)
    }
    queue.end()
    const items = await readAll(queue)
    expect(items.filter((item) => item > 0)).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1))
    expect(items.filter((item) => item < 0)).toHaveLength(500)
  })
})
