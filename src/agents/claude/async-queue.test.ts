import { expect, test } from 'vitest'
import { AsyncQueue } from './async-queue.ts'

test('what waits is read before the end, and what comes later is not taken in', async () => {
  const queue = new AsyncQueue<number>()
  queue.push(1)
  const all = Array.fromAsync(queue)
  await Promise.resolve()
  queue.push(2)
  queue.push(3)
  queue.end()
  queue.push(4)
  expect(await all).toEqual([1, 2, 3])
})

test('an error ends the reading after what waits', async () => {
  const queue = new AsyncQueue<number>()
  queue.push(1)
  queue.end(new Error('broken'))
  queue.end()
  const reader = queue[Symbol.asyncIterator]()
  expect(await reader.next()).toEqual({ done: false, value: 1 })
  await expect(reader.next()).rejects.toThrow('broken')
})
