import { expect, test, vi } from 'vitest'
import { StoredCalls } from './stored-calls.ts'

const entryOf = (id: string) => ({
  type: 'assistant',
  message: { role: 'assistant', content: [{ type: 'tool_use', id, name: 'Bash', input: {} }] },
})

test('a call is waited for until it is stored, whichever comes first', async () => {
  const calls = new StoredCalls()
  let isStored = false
  const waiting = calls.whenStored('toolu_1').then(() => (isStored = true))
  calls.note([{ type: 'user', message: { content: 'hello' } }, entryOf('toolu_2')])
  await calls.whenStored('toolu_2')
  expect(isStored).toBe(false)
  calls.note([entryOf('toolu_1')])
  await waiting
  expect(isStored).toBe(true)
  await calls.whenStored('toolu_1')
})

test('one that is never stored is not waited for without end', async () => {
  vi.useFakeTimers()
  try {
    const waiting = new StoredCalls().whenStored('toolu_1')
    await vi.advanceTimersByTimeAsync(2_000)
    await waiting
  } finally {
    vi.useRealTimers()
  }
})
