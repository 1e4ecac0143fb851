import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { SessionStreamEvent } from '../domain/session-event.ts'
import { LoggedCalls } from './logged-calls.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const call = { type: 'agent.tool_use', perdure: { tool_use_id: 'toolu_1' } } as SessionStreamEvent

function asked(calls: LoggedCalls): () => boolean {
  let hasPassed = false
  void calls.whenLogged('toolu_1').then(() => (hasPassed = true))
  return () => hasPassed
}

it('lets a call happen once it stands in the log, whichever comes first', async () => {
  const calls = new LoggedCalls()
  const early = asked(calls)
  await vi.advanceTimersByTimeAsync(100)
  expect(early()).toBe(false)
  calls.note(call)
  const late = asked(calls)
  await vi.advanceTimersByTimeAsync(0)
  expect([early(), late()]).toEqual([true, true])
})

it('waits for a storage that takes long', async () => {
  const calls = new LoggedCalls()
  const written = Promise.withResolvers<void>()
  calls.writeTo({ flushed: () => written.promise })
  const passed = asked(calls)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(passed()).toBe(false)
  written.resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect(passed()).toBe(true)
})

it('lets nothing happen that can never be written down', async () => {
  const calls = new LoggedCalls()
  calls.writeTo({ flushed: () => Promise.reject(new Error('lease lost')) })
  const passed = asked(calls)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(passed()).toBe(false)
})
