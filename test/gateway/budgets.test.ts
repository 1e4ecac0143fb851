import { describe, expect, test, vi } from 'vitest'
import type { UpstreamRequest, UpstreamResponse } from '../../src/ports/model-gateway.ts'
import { newRunId } from '../../src/domain/ids.ts'
import { PerdureError } from '../../src/errors/perdure-error.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { ReservationLine } from '../../src/gateway/budget/reservation-line.ts'
import { meterRun } from '../../src/gateway/metering/meter-run.ts'
import { apiErrorResponse, jsonResponse } from '../../src/gateway/wire/api-error.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { haiku, messageEnd, messageStart, openMetered, tenantBudget, told } from './billing/open-metered.ts'
import { testAccount, testScope } from './billing/run-account.ts'
import { eventStream, plainUpstream } from './support.ts'

interface SentBody {
  readonly max_tokens: number
  readonly thinking?: { readonly budget_tokens?: number }
}

const bodyOf = ({ body }: UpstreamRequest): SentBody => JSON.parse(Buffer.from(body).toString()) as SentBody
const isCount = ({ path }: UpstreamRequest): boolean => path.includes('count_tokens')
const small = () => told({ input_tokens: 100, output_tokens: 10 })

/** Answers calls as told, and refuses to count. */
const uncounted = (answer: (request: UpstreamRequest) => UpstreamResponse | Promise<UpstreamResponse>) =>
  plainUpstream((request) => (isCount(request) ? apiErrorResponse({ status: 404, message: 'no' }) : answer(request)))

describe('a request that fits', () => {
  test('is sent as it is, byte by byte', async () => {
    const { upstream, requests } = plainUpstream(small)
    const metered = await openMetered(upstream, { limitUsd: 1 })
    const body = ' {"model" : "claude-haiku-4-5","max_tokens":1e3, "messages":[{"role":"user","content":"\\u0068i"}]}'
    await metered.ask({}, { body })
    expect(requests.map((request) => Buffer.from(request.body).toString())).toEqual([body])
    expect(requests[0]).toMatchObject({ path: '/v1/messages?beta=true', isPaidOnce: true })
  })

  test('says who asks, and whose turn it is', async () => {
    const { upstream, requests } = plainUpstream(small)
    const metered = await openMetered(upstream)
    await metered.ask(haiku)
    expect(requests[0]).toMatchObject({ origin: testScope, isPaidOnce: false })
  })
})

test('an agent whose run nobody knows yet asks no model, and may do everything else', async () => {
  const { upstream, requests } = plainUpstream(small)
  const gateway = createModelGateway()
  const account = (): never => {
    throw new PerdureError('internal_error', 'An agent without a run asked a model.')
  }
  const run = await gateway.openRun({ runId: newRunId(), upstream, observe: () => {}, account })
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(run.baseUrl + path, { ...init, headers: { authorization: `Bearer ${run.token}` } })
  expect((await ask('/v1/messages', { method: 'POST', body: JSON.stringify(haiku) })).status).toBe(403)
  expect((await ask('/api/hello')).status).toBe(200)
  expect(requests.map(({ path }) => path)).toEqual(['/api/hello'])
  await gateway.close()
})

describe('a budget that is too small', () => {
  test('refuses the request before it is sent, and every further one of the run', async () => {
    const { upstream, requests } = uncounted(small)
    const metered = await openMetered(upstream, { limitUsd: 0.001 })
    const refused = await metered.ask(haiku)
    expect(refused.status).toBe(403)
    expect(refused.headers.get('x-should-retry')).toBe('false')
    expect(await refused.json()).toMatchObject({ type: 'error', error: { type: 'permission_error' } })
    await metered.ledger.setBudget(tenantBudget(5))
    expect((await metered.ask(haiku)).status).toBe(403)
    expect(requests.filter((request) => !isCount(request))).toEqual([])
    expect(metered.watch.refusals).toHaveLength(1)
    expect(metered.watch.refusals[0]).toMatchObject({
      code: 'budget_reached',
      message: expect.stringMatching(/^The budget of \$0\.001 for this workspace is reached: \$0\.001 is left, and/),
      details: {
        scope: 'workspace',
        id: 'default',
        window: 'total',
        limitUsd: '0.001',
        spentUsd: '0.00',
        reservedUsd: '0.00',
      },
    })
    expect(metered.watch.ended).toEqual([])
  })

  test('refuses what would only keep a cache warm without ending the run', async () => {
    const { upstream } = uncounted(small)
    const { ledger } = openMemoryStorage().workspace(testScope)
    await ledger.setBudget(tenantBudget(0.003))
    const { account, watch } = testAccount({ ledger })
    const meter = meterRun(upstream, { account: () => account, line: new ReservationLine() })
    const body = Buffer.from(JSON.stringify({ ...haiku, messages: [{ role: 'user', content: 'x'.repeat(9_000) }] }))
    const ping = { method: 'POST', path: '/v1/messages', headers: {}, body, signal: new AbortController().signal }
    expect((await meter.handle({ ...ping, isKeepWarm: true })).status).toBe(403)
    expect(watch.refusals).toEqual([])
    expect((await meter.handle({ ...ping, body: Buffer.from(JSON.stringify(haiku)) })).status).toBe(200)
    await meter.close()
  })

  test('leaves the runs alone that it does not hold for, and the next run goes on once it is raised', async () => {
    const { upstream } = uncounted(small)
    const first = await openMetered(upstream, { limitUsd: 0.001 })
    expect((await first.ask(haiku)).status).toBe(403)
    const other = await openMetered(upstream, { gateway: first.gateway, limitUsd: 1 })
    expect((await other.ask(haiku)).status).toBe(200)
    const next = await openMetered(upstream, { gateway: first.gateway, ledger: first.ledger, limitUsd: 1 })
    expect((await next.ask(haiku)).status).toBe(200)
  })

  test('of the soft kind refuses nothing, and counts', async () => {
    const { upstream } = uncounted(small)
    const metered = await openMetered(upstream, { limitUsd: 0.0001, mode: 'soft' })
    expect((await metered.ask(haiku)).status).toBe(200)
    await metered.run.close()
    expect(await metered.budget()).toMatchObject({ spentNanoUsd: 150_000n })
    expect(metered.watch.settled).toMatchObject([{ crossed: [{ threshold: 1 }] }])
  })
})

describe('a budget that is nearly used up', () => {
  const long = { ...haiku, max_tokens: 32_000, stream: true }

  test('makes the answer shorter; one that ends before that is a whole answer', async () => {
    const { upstream, requests } = uncounted(small)
    const metered = await openMetered(upstream, { limitUsd: 0.02 })
    for (let call = 0; call < 2; call += 1) expect((await metered.ask(long)).status).toBe(200)
    const [first, second] = requests.filter((request) => !isCount(request)).map(bodyOf)
    expect(first!.max_tokens).toBeGreaterThan(3_500)
    expect(first!.max_tokens).toBeLessThan(4_000)
    expect(second!.max_tokens).toBeLessThan(first!.max_tokens + 200)
    expect(metered.watch.refusals).toEqual([])
  })

  test('ends the run when an answer was cut by it: the agent would go on as if it were a limit of the model', async () => {
    const { upstream, requests } = uncounted((request) => {
      const { max_tokens: written } = bodyOf(request)
      return eventStream(
        pieces(messageStart({ input_tokens: 100 }), messageEnd({ output_tokens: written }, 'max_tokens')),
      )
    })
    const metered = await openMetered(upstream, { limitUsd: 0.02 })
    expect(await (await metered.ask(long)).text()).toContain('max_tokens')
    expect((await metered.ask({ ...haiku, max_tokens: 1 })).status).toBe(403)
    expect(requests.filter((request) => !isCount(request))).toHaveLength(1)
    expect(metered.watch.refusals).toMatchObject([
      { code: 'budget_reached', message: expect.stringContaining('left room for') },
    ])
    const { spentNanoUsd, limitNanoUsd } = await metered.budget()
    expect(spentNanoUsd).toBeLessThanOrEqual(limitNanoUsd)
  })

  test('an answer that is cut where the agent wanted it is the agent’s own affair', async () => {
    const { upstream } = uncounted(() => told({ input_tokens: 9, output_tokens: 1_000 }, 'max_tokens'))
    const metered = await openMetered(upstream, { limitUsd: 1 })
    expect((await metered.ask(haiku)).status).toBe(200)
    expect((await metered.ask(haiku)).status).toBe(200)
    expect(metered.watch.refusals).toEqual([])
  })

  test('thinks less, and is refused where not even that fits', async () => {
    const { upstream, requests } = uncounted(small)
    const thinking = { ...haiku, max_tokens: 32_000, thinking: { type: 'enabled', budget_tokens: 31_999 } }
    const metered = await openMetered(upstream, { limitUsd: 0.012 })
    expect((await metered.ask(thinking)).status).toBe(200)
    const sent = bodyOf(requests.find((request) => !isCount(request))!)
    expect(sent.max_tokens).toBeLessThan(2_400)
    expect(sent.thinking!.budget_tokens).toBe(sent.max_tokens - 256)
    const little = await openMetered(upstream, { limitUsd: 0.0064 })
    expect((await little.ask(thinking)).status).toBe(200)
    expect(bodyOf(requests.at(-1)!).thinking!.budget_tokens).toBe(1_024)
    const less = await openMetered(upstream, { limitUsd: 0.0055 })
    expect((await less.ask(thinking)).status).toBe(403)
    expect((await openMetered(upstream, { limitUsd: 0.0055 }).then(({ ask }) => ask(haiku))).status).toBe(200)
  })
})

describe('the service’s own count', () => {
  const long = { ...haiku, messages: [{ role: 'user', content: 'word '.repeat(4_000) }] }
  const counting = (tokens: number) =>
    plainUpstream((request) =>
      isCount(request) ? jsonResponse({ status: 200, text: `{"input_tokens":${tokens}}` }) : small(),
    )

  test('is asked for where bytes do not fit, without what it does not take, and with a margin', async () => {
    const { upstream, requests } = counting(4_010)
    const metered = await openMetered(upstream, { limitUsd: 0.008 })
    const reserve = vi.spyOn(metered.ledger, 'reserve')
    expect((await metered.ask({ ...long, stream: true, temperature: 1, metadata: {} })).status).toBe(200)
    expect(requests.map(({ path }) => path)).toEqual(['/v1/messages/count_tokens?beta=true', '/v1/messages?beta=true'])
    expect(Object.keys(bodyOf(requests[0]!))).toEqual(['model', 'messages'])
    // 1.02 × 4,010 + 64 tokens at a dollar for a million, and 256 at five.
    expect(reserve.mock.lastCall?.[0].minimumNanoUsd).toBe(BigInt(4_155 * 1_000 + 256 * 5_000))
  })

  test('is not asked for where bytes fit, and asked once where it does not help', async () => {
    const { upstream, requests } = counting(19_000)
    const roomy = await openMetered(upstream, { limitUsd: 1 })
    await roomy.ask(long)
    expect(requests.filter(isCount)).toHaveLength(0)
    const tight = await openMetered(upstream, { limitUsd: 0.008 })
    expect((await tight.ask(long)).status).toBe(403)
    expect(requests.filter(isCount)).toHaveLength(1)
  })

  test('of what was counted before nobody needs one: the next request is bounded by its beginning', async () => {
    const { upstream } = plainUpstream((request) =>
      isCount(request) ? small() : told({ input_tokens: 4_000, output_tokens: 10 }),
    )
    const metered = await openMetered(upstream, { limitUsd: 1 })
    const reserve = vi.spyOn(metered.ledger, 'reserve')
    await metered.ask(long)
    await metered.ask({
      ...long,
      messages: [...long.messages, { role: 'assistant', content: 'yes' }, { role: 'user', content: 'go on' }],
    })
    const [first, second] = reserve.mock.calls.map(([{ wantedNanoUsd }]) => wantedNanoUsd)
    expect(first! - second!).toBeGreaterThan(15_000n * 1_000n)
  })
})

describe('what has no bound', () => {
  test.each([
    ['model_unpriced', { model: 'gpt-9' }],
    ['budget_unbounded', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ])(
    '%s: refused under a hard budget, while the run may go on otherwise; free to go under a soft one',
    async (code, more) => {
      const { upstream, requests } = uncounted(small)
      const hard = await openMetered(upstream, { limitUsd: 100 })
      expect((await hard.ask({ ...haiku, ...more })).status).toBe(403)
      expect(requests).toEqual([])
      expect(hard.watch.refusals).toMatchObject([{ code }])
      expect((await hard.ask(haiku)).status).toBe(200)
      const soft = await openMetered(upstream, { limitUsd: 100, mode: 'soft' })
      expect((await soft.ask({ ...haiku, ...more })).status).toBe(200)
    },
  )

  test.each([
    ['no JSON', '{"model":'],
    ['no limit', JSON.stringify({ ...haiku, max_tokens: undefined })],
    ['a limit of nothing', JSON.stringify({ ...haiku, max_tokens: 0 })],
    ['two limits', '{"model":"claude-haiku-4-5","max_tokens":1,"max_tokens":99999,"messages":[]}'],
  ])('%s: refused as the API would', async (_what, body) => {
    const { upstream, requests } = uncounted(small)
    const metered = await openMetered(upstream, { limitUsd: 1 })
    expect((await metered.ask({}, { body })).status).toBe(400)
    expect(requests).toEqual([])
  })
})

describe('calls at the same time', () => {
  /** Answers each call when it is told to. */
  function held() {
    const answers: (() => void)[] = []
    const { upstream, requests } = uncounted(async () => {
      await new Promise<void>((resolve) => answers.push(resolve))
      return small()
    })
    return { upstream, answers, calls: () => requests.filter((request) => !isCount(request)).length }
  }

  test('wait for each other instead of being cut, in the order in which they came', async () => {
    const { upstream, answers, calls } = held()
    const metered = await openMetered(upstream, { limitUsd: 0.01 })
    const done: number[] = []
    const asked = [0, 1, 2].map(async (index) => {
      await vi.waitFor(() => expect(metered.seen.filter(({ type }) => type === 'request')).toHaveLength(index))
      const answer = await metered.ask(haiku)
      done.push(index)
      return answer.status
    })
    await vi.waitFor(() => expect(metered.seen.filter(({ type }) => type === 'waiting')).toHaveLength(2))
    expect(metered.seen).toContainEqual(expect.objectContaining({ type: 'waiting', reason: 'budget', request: 2 }))
    expect(calls()).toBe(1)
    for (let call = 1; call <= 3; call += 1) {
      await vi.waitFor(() => expect(answers).toHaveLength(call))
      answers[call - 1]!()
    }
    expect(await Promise.all(asked)).toEqual([200, 200, 200])
    expect(done).toEqual([0, 1, 2])
  })

  test('are content with room for a long answer each, where one that wants all would keep the others waiting', async () => {
    const { upstream, answers, calls } = held()
    const metered = await openMetered(upstream, { limitUsd: 1 })
    const greedy = { ...haiku, max_tokens: 128_000 }
    const asked = [0, 1, 2, 3].map(() => metered.ask(greedy))
    await vi.waitFor(() => expect(answers).toHaveLength(4))
    expect(metered.seen.filter(({ type }) => type === 'waiting')).toEqual([])
    for (const answer of answers) answer()
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(calls()).toBe(4)
  })

  test('share what one that had all gives back, instead of taking all of it one after the other', async () => {
    const { upstream, answers } = held()
    const metered = await openMetered(upstream, { limitUsd: 0.2 })
    const asked = [0, 1, 2, 3].map(() => metered.ask({ ...haiku, max_tokens: 128_000 }))
    await vi.waitFor(() => expect(metered.seen.filter(({ type }) => type === 'waiting')).toHaveLength(3))
    expect(answers).toHaveLength(1)
    answers[0]!()
    await vi.waitFor(() => expect(answers).toHaveLength(4))
    for (const answer of answers) answer()
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  test('one that was cut only because others held the rest goes on', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { upstream, requests } = uncounted(async (request) => {
      const { max_tokens: written } = bodyOf(request)
      if (written > 100_000) await promise
      return told(
        { input_tokens: 100, output_tokens: Math.min(written, 20_000) },
        written > 20_000 ? 'end_turn' : 'max_tokens',
      )
    })
    const metered = await openMetered(upstream, { limitUsd: 0.82 })
    const greedy = { ...haiku, max_tokens: 128_000 }
    const first = metered.ask(greedy)
    await vi.waitFor(() => expect(requests).toHaveLength(1))
    const second = await metered.ask(greedy)
    expect(bodyOf(requests.at(-1)!).max_tokens).toBe(16_384)
    expect(await second.text()).toContain('max_tokens')
    resolve()
    expect((await first).status).toBe(200)
    expect((await metered.ask(greedy)).status).toBe(200)
    expect(metered.watch.refusals).toEqual([])
  })

  test('one that waits and hangs up leaves nothing behind', async () => {
    const { upstream, answers, calls } = held()
    const metered = await openMetered(upstream, { limitUsd: 0.01 })
    const first = metered.ask(haiku)
    await vi.waitFor(() => expect(answers).toHaveLength(1))
    const hangUp = new AbortController()
    const second = metered.ask(haiku, { signal: hangUp.signal })
    await vi.waitFor(() => expect(metered.seen).toContainEqual(expect.objectContaining({ type: 'waiting' })))
    hangUp.abort()
    await expect(second).rejects.toThrow()
    await vi.waitFor(() => expect(metered.seen).toContainEqual(expect.objectContaining({ how: 'client_abort' })))
    answers[0]!()
    expect((await first).status).toBe(200)
    await metered.run.close()
    expect(calls()).toBe(1)
    expect(await metered.budget()).toMatchObject({ reservedNanoUsd: 0n, presumedNanoUsd: 0n })
  })

  test('wait for those of other gateways too', async () => {
    const { upstream, answers } = held()
    const mine = await openMetered(upstream, { limitUsd: 0.01 })
    const theirs = await openMetered(upstream, { ledger: mine.ledger, gateway: createModelGateway() })
    const first = theirs.ask(haiku)
    await vi.waitFor(() => expect(answers).toHaveLength(1))
    const second = mine.ask(haiku)
    await vi.waitFor(() => expect(mine.seen).toContainEqual(expect.objectContaining({ type: 'waiting' })))
    answers[0]!()
    await vi.waitFor(() => expect(answers).toHaveLength(2))
    answers[1]!()
    expect([(await first).status, (await second).status]).toEqual([200, 200])
  })
})

describe('a ledger that fails', () => {
  const broken = () => {
    const { ledger } = openMemoryStorage().workspace(testScope)
    return {
      ledger,
      fail: (name: 'budgets' | 'reserve' | 'settle') =>
        vi.spyOn(ledger, name).mockRejectedValue(new Error('disk full')),
    }
  }

  test('refuses calls while nobody knows whether a hard budget holds', async () => {
    const { ledger, fail } = broken()
    fail('budgets')
    const { upstream, requests } = uncounted(small)
    const metered = await openMetered(upstream, { ledger })
    expect((await metered.ask(haiku)).status).toBe(403)
    expect(requests).toEqual([])
    expect(metered.watch.refusals).toMatchObject([{ code: 'storage_failed' }])
  })

  test('refuses calls that cannot be reserved', async () => {
    const { ledger, fail } = broken()
    const { upstream, requests } = uncounted(small)
    const metered = await openMetered(upstream, { ledger, limitUsd: 1 })
    fail('reserve')
    expect((await metered.ask(haiku)).status).toBe(403)
    expect(requests).toEqual([])
  })

  test('and has the reservation all the same gets it back', async () => {
    const { ledger } = openMemoryStorage().workspace(testScope)
    const reserve = ledger.reserve.bind(ledger)
    const { upstream } = uncounted(small)
    const metered = await openMetered(upstream, { ledger, limitUsd: 1 })
    vi.spyOn(ledger, 'reserve').mockImplementationOnce(async (request) => {
      await reserve(request)
      throw new Error('the answer was lost')
    })
    expect((await metered.ask(haiku)).status).toBe(403)
    await vi.waitFor(async () =>
      expect(await metered.budget()).toMatchObject({ reservedNanoUsd: 0n, presumedNanoUsd: 0n }),
    )
  })

  test('keeps no call from a run that had no hard budget a moment ago, and is reported once', async () => {
    const { ledger, fail } = broken()
    const { upstream } = uncounted(small)
    const metered = await openMetered(upstream, { ledger })
    expect((await metered.ask(haiku)).status).toBe(200)
    fail('budgets')
    for (let call = 0; call < 2; call += 1) expect((await metered.ask(haiku)).status).toBe(200)
    expect(metered.watch.failures).toMatchObject([{ code: 'storage_failed', message: 'disk full' }])
    expect(metered.watch.refusals).toEqual([])
  })

  test('is told again what a call cost, until it knows', async () => {
    const { ledger } = broken()
    const settle = ledger.settle.bind(ledger)
    vi.spyOn(ledger, 'settle').mockRejectedValueOnce(new Error('busy')).mockImplementation(settle)
    const { upstream } = uncounted(small)
    const metered = await openMetered(upstream, { ledger, limitUsd: 1 })
    await metered.ask(haiku)
    await metered.run.close()
    expect(metered.watch.failures).toEqual([])
    expect(await metered.budget()).toMatchObject({ spentNanoUsd: 150_000n, reservedNanoUsd: 0n })
  })
})

async function* pieces(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}
