import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ModelUpstream, UpstreamResponse } from '../../ports/model-gateway.ts'
import type { UpstreamNotice } from '../../ports/upstream-notice.ts'
import { withStallGuard } from './with-stall-guard.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const timeouts = { streamStartTimeoutMs: 100, firstByteTimeoutMs: 1_000, idleTimeoutMs: 50 }

/** An upstream that does as told, and never heeds the signal by itself. */
function guardOver(handle: (signal: AbortSignal) => Promise<UpstreamResponse>) {
  const signals: AbortSignal[] = []
  const upstream: ModelUpstream = {
    name: 'plain',
    handle: ({ signal }) => {
      signals.push(signal)
      return handle(signal)
    },
  }
  const guard = withStallGuard(upstream, timeouts)
  const ask = (body = '{"stream":true}', signal = new AbortController().signal) =>
    guard.handle({ method: 'POST', path: '/v1/messages', headers: {}, body: Buffer.from(body), signal })
  return { ask, signals }
}

const answer = (body: AsyncIterable<Uint8Array>): UpstreamResponse => ({ status: 200, headers: {}, body })
const never = new Promise<never>(() => {})
const chunk = Buffer.from('x')
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What becomes of a promise that may be rejected before anybody looks. */
const fateOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: unknown) => error,
  )

test.each([
  ['a streamed answer', '{"stream":true}', 100],
  ['an answer in one piece', '{"stream":false}', 1_000],
])('%s that does not begin is given up, and its request aborted', async (_what, body, timeoutMs) => {
  const { ask, signals } = guardOver(() => never)
  const fate = fateOf(ask(body))
  await vi.advanceTimersByTimeAsync(timeoutMs - 1)
  expect(signals[0]!.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await fate).toMatchObject({ code: 'stream_stalled', details: { silentMs: timeoutMs } })
  expect(signals[0]!.aborted).toBe(true)
})

test('an upstream that says that it waits is not silent', async () => {
  const upstream: ModelUpstream = {
    name: 'patient',
    async handle({ notify }) {
      for (let count = 0; count < 10; count += 1) {
        await sleep(90)
        notify?.({ type: 'waiting', reason: 'rate_limit', delayMs: null })
      }
      return answer((async function* () {})())
    },
  }
  const notices: UpstreamNotice[] = []
  const fate = fateOf(
    withStallGuard(upstream, timeouts).handle({
      method: 'POST',
      path: '/v1/messages',
      headers: {},
      body: Buffer.from('{"stream":true}'),
      signal: new AbortController().signal,
      notify: (notice) => notices.push(notice),
    }),
  )
  await vi.advanceTimersByTimeAsync(900)
  expect(await fate).toBe('fine')
  expect(notices).toHaveLength(10)
})

test('an answer that falls silent is cut; one that keeps sending is not, however long it takes', async () => {
  const { ask, signals } = guardOver(async () =>
    answer(
      (async function* () {
        for (let count = 0; count < 100; count += 1) {
          await sleep(40)
          yield chunk
        }
        await never
      })(),
    ),
  )
  let chunks = 0
  const read = (async () => {
    for await (const _ of (await ask()).body) chunks += 1
  })()
  const fate = fateOf(read)
  await vi.advanceTimersByTimeAsync(4_000)
  expect(chunks).toBe(100)
  expect(signals[0]!.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(50)
  expect(await fate).toMatchObject({ code: 'stream_stalled' })
  expect(signals[0]!.aborted).toBe(true)
})

test('a reader that takes its time is not taken for a silent service', async () => {
  const { ask } = guardOver(async () =>
    answer(
      (async function* () {
        yield chunk
        yield chunk
      })(),
    ),
  )
  let chunks = 0
  const read = (async () => {
    for await (const _ of (await ask()).body) {
      chunks += 1
      await sleep(10_000)
    }
  })()
  await vi.advanceTimersByTimeAsync(20_000)
  await read
  expect(chunks).toBe(2)
})

test('a reader that leaves early ends the upstream’s answer', async () => {
  let wasLeft = false
  const { ask } = guardOver(async () =>
    answer(
      (async function* () {
        try {
          yield chunk
          yield chunk
        } finally {
          wasLeft = true
        }
      })(),
    ),
  )
  for await (const _ of (await ask()).body) break
  expect(wasLeft).toBe(true)
})

test('the agent’s own hanging up reaches the upstream', async () => {
  const hangUp = new AbortController()
  const { ask, signals } = guardOver(
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  )
  const fate = fateOf(ask('{"stream":true}', hangUp.signal))
  hangUp.abort()
  expect(await fate).toMatchObject({ message: 'aborted' })
  expect(signals[0]!.aborted).toBe(true)
})
