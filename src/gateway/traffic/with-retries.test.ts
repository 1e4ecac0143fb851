import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { UpstreamResponse } from '../../ports/model-gateway.ts'
import { defaultRetryPolicies, type RetryPolicy } from '../../ports/retry-policy.ts'
import type { UpstreamNotice } from '../../ports/upstream-notice.ts'
import { apiErrorResponse, jsonResponse } from '../wire/api-error.ts'
import { withRetries } from './with-retries.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type Step = () => UpstreamResponse

const status =
  (code: number, headers: Record<string, string> = {}): Step =>
  () =>
    apiErrorResponse({ status: code, message: `failed with ${code}`, options: { headers } })
const fine: Step = () => jsonResponse({ status: 200, text: '{"type":"message"}' })
const broken =
  (error: Error): Step =>
  () => {
    throw error
  }
const refused = broken(new PerdureError('connection_failed', 'nobody there'))

const streamed = '{"stream":true}'

interface Asked {
  readonly policy?: Partial<RetryPolicy>
  readonly hasFallbackModel?: boolean
  readonly body?: string
}

/** Asks an upstream that does these things one after the other; the last one for ever. */
async function ask(steps: readonly Step[], { policy, hasFallbackModel = false, body = streamed }: Asked = {}) {
  const notices: UpstreamNotice[] = []
  let attempts = 0
  const startMs = Date.now()
  const upstream = withRetries(
    { name: 'plain', handle: async () => (steps[attempts++] ?? steps.at(-1)!)() },
    { policy: { ...defaultRetryPolicies.modelRequest, jitter: 0, ...policy }, hasFallbackModel },
  )
  const answering = upstream.handle({
    method: 'POST',
    path: '/v1/messages',
    headers: {},
    body: Buffer.from(body),
    signal: new AbortController().signal,
    notify: (notice) => void (notice.type === 'retrying' && notices.push(notice)),
  })
  await vi.runAllTimersAsync()
  const answer = await answering
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return { answer, attempts, notices, tookMs: Date.now() - startMs, text: Buffer.concat(chunks).toString() }
}

describe('what may pass by itself is asked again', () => {
  test.each([
    ['408', status(408), 'stream_stalled'],
    ['409', status(409), 'server_error'],
    ['429', status(429), 'rate_limited'],
    ['500', status(500), 'server_error'],
    ['503', status(503), 'server_error'],
    ['529', status(529), 'overloaded'],
    ['no connection', refused, 'connection_failed'],
    ['a stall', broken(new PerdureError('stream_stalled', 'silent')), 'stream_stalled'],
    ['an unknown break', broken(new Error('socket hang up')), 'connection_failed'],
  ])('%s', async (_what, failure, code) => {
    const { answer, attempts, notices, tookMs, text } = await ask([failure, failure, fine])
    expect(answer.status).toBe(200)
    expect(text).toBe('{"type":"message"}')
    expect(attempts).toBe(3)
    expect(tookMs).toBe(3_000)
    expect(notices).toMatchObject([
      { attempt: 1, delayMs: 1_000, error: { code, retryable: true } },
      { attempt: 2, delayMs: 2_000, error: { code } },
    ])
  })

  test('an answer that breaks before its first byte', async () => {
    const cut: Step = () => ({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      // oxlint-disable-next-line require-yield -- it breaks before that
      body: (async function* () {
        throw new Error('cut')
      })(),
    })
    expect(await ask([cut, fine])).toMatchObject({ attempts: 2, answer: { status: 200 } })
  })
})

test.each([
  ['overloaded_error', 'overloaded'],
  ['rate_limit_error', 'rate_limited'],
  ['api_error', 'server_error'],
])('a stream that begins with %s is a refusal', async (type, code) => {
  const data = JSON.stringify({ type: 'error', error: { type, message: 'not now' } })
  const refusedLate: Step = () => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    body: (async function* () {
      yield Buffer.from(`event: error\ndata: ${data}\n\n`)
    })(),
  })
  const { attempts, notices, answer } = await ask([refusedLate, fine])
  expect({ attempts, status: answer.status }).toEqual({ attempts: 2, status: 200 })
  expect(notices).toMatchObject([{ error: { code, message: 'not now' } }])
})

describe('what is asked only once', () => {
  test.each([400, 401, 402, 403, 404, 413])('%s, which travels on unchanged', async (code) => {
    const { answer, attempts } = await ask([status(code)])
    expect(attempts).toBe(1)
    expect(answer.status).toBe(code)
    expect(answer.headers['x-should-retry']).toBeUndefined()
  })

  test('what the service itself forbids to repeat', async () => {
    expect((await ask([status(500, { 'x-should-retry': 'false' })])).attempts).toBe(1)
  })

  test('what the policy does not name', async () => {
    const policy = { retryableErrors: new Set(['rate_limited'] as const) }
    expect((await ask([status(500)], { policy })).attempts).toBe(1)
    expect((await ask([status(429), fine], { policy })).attempts).toBe(2)
  })

  test('what the service wants to be waited for longer than five minutes', async () => {
    expect((await ask([status(429, { 'retry-after': '301' })])).attempts).toBe(1)
  })

  test('a request that lets the service call tools, once it may have done so', async () => {
    const body = '{"mcp_servers":[{"url":"https://tools.example"}]}'
    expect((await ask([refused], { body })).attempts).toBe(1)
    expect((await ask([status(500)], { body })).attempts).toBe(1)
    expect((await ask([status(529), fine], { body })).attempts).toBe(2)
  })

  test('an answer in one piece that was waited for in vain', async () => {
    expect((await ask([broken(new PerdureError('stream_stalled', 'silent'))], { body: '{}' })).attempts).toBe(1)
  })

  test('an answer that has begun: its break is the reader’s to hear', async () => {
    const cut: Step = () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from('a')
        throw new Error('cut')
      })(),
    })
    await expect(ask([cut, fine])).rejects.toThrow('cut')
  })
})

describe('the failure that remains', () => {
  test('is told to the agent with the wish not to ask again', async () => {
    const { answer, attempts, text } = await ask([status(503)])
    expect(attempts).toBe(4)
    expect(answer).toMatchObject({ status: 503, headers: { 'x-should-retry': 'false' } })
    expect(text).toContain('failed with 503')
  })

  test.each([
    ['no connection', refused, 502],
    ['a stall', broken(new PerdureError('stream_stalled', 'silent')), 504],
  ])('has a status also for %s', async (_what, failure, code) => {
    const { answer } = await ask([failure])
    expect(answer).toMatchObject({ status: code, headers: { 'x-should-retry': 'false' } })
  })

  test('of a rate limit is an overload for an agent with another model', async () => {
    const limited = await ask([status(429, { 'request-id': 'req_1' })], { hasFallbackModel: true })
    expect(limited.answer).toMatchObject({ status: 529, headers: { 'x-should-retry': 'false', 'request-id': 'req_1' } })
    expect(JSON.parse(limited.text)).toMatchObject({ error: { type: 'overloaded_error', message: 'failed with 429' } })
    expect((await ask([status(429)])).answer.status).toBe(429)
  })

  test('comes at once where the circuit is open and there is another model', async () => {
    const open = status(529, { 'x-perdure-circuit': 'open', 'retry-after-ms': '4000' })
    expect(await ask([open, fine], { hasFallbackModel: true })).toMatchObject({ attempts: 1, tookMs: 0 })
    expect(await ask([open, fine])).toMatchObject({ attempts: 2, tookMs: 4_000, answer: { status: 200 } })
  })

  test('an open circuit is waited for, which uses up no attempt, but not for ever', async () => {
    const open = status(529, { 'x-perdure-circuit': 'open', 'retry-after-ms': '1000' })
    const many = Array<Step>(20).fill(open)
    expect(await ask([...many, fine])).toMatchObject({ notices: [], tookMs: 20_000, answer: { status: 200 } })
    expect(await ask([open], { policy: { maxDelayMs: 30_000 } })).toMatchObject({
      tookMs: 30_000,
      answer: { status: 529, headers: { 'x-should-retry': 'false' } },
    })
    expect((await ask([open], { policy: { maxAttempts: 1 } })).tookMs).toBe(0)
  })
})

test('the delay that the service names is kept, and the policy’s where it is longer', async () => {
  expect((await ask([status(429, { 'retry-after': '7' }), fine])).tookMs).toBe(7_000)
  expect((await ask([status(429, { 'retry-after': '0' }), fine])).tookMs).toBe(1_000)
})

test('who hangs up while it is waited ends the wait', async () => {
  const hangUp = new AbortController()
  const upstream = withRetries(
    { name: 'plain', handle: async () => status(500)() },
    { policy: defaultRetryPolicies.modelRequest, hasFallbackModel: false },
  )
  const request = { method: 'POST', path: '/v1/messages', headers: {}, body: Buffer.from(''), signal: hangUp.signal }
  const fate = upstream.handle(request).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(100)
  hangUp.abort()
  expect(await fate).toMatchObject({ name: 'AbortError' })
  expect(vi.getTimerCount()).toBe(0)
})
