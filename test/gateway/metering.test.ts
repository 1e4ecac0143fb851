import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { nanoUsdFromUsd } from '../../src/domain/money.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import { apiErrorResponse, jsonResponse } from '../../src/gateway/wire/api-error.ts'
import type { UpstreamResponse } from '../../src/ports/model-gateway.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { frame, haiku, messageEnd, messageStart, openMetered, textDelta, told } from './billing/open-metered.ts'
import { testScope } from './billing/run-account.ts'
import { eventStream, plainUpstream } from './support.ts'

const usd = nanoUsdFromUsd

async function* pieces(...parts: readonly (string | Error | Promise<unknown>)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    if (typeof part === 'string') yield Buffer.from(part)
    else await part
  }
}

const streamed = { ...haiku, stream: true }

describe('without a budget', () => {
  test('a call is entered with what its answer said, and nothing is reserved', async () => {
    const { upstream } = plainUpstream(() =>
      told({ input_tokens: 1_000, output_tokens: 200, cache_read_input_tokens: 500 }),
    )
    const metered = await openMetered(upstream)
    const reserve = vi.spyOn(metered.ledger, 'reserve')
    expect(
      (await metered.ask(haiku, { headers: { 'x-api-key': metered.run.token, 'x-claude-code-agent-id': 'sub' } }))
        .status,
    ).toBe(200)
    await metered.run.close()
    expect(reserve).not.toHaveBeenCalled()
    expect(metered.watch.settled).toHaveLength(1)
    expect(metered.watch.ended[0]).toMatchObject({
      thread: 'sub',
      kind: 'turn',
      upstream: 'plain',
      model: 'claude-haiku-4-5',
      reservationId: null,
      costNanoUsd: usd(0.001 + 0.001 + 0.00005),
      presumedNanoUsd: 0n,
      certainty: 'known',
    })
    expect((await metered.ledger.costs())[0]).toMatchObject({ calls: 1, inputTokens: 1_000, outputTokens: 200 })
  })

  test('a stream passes byte by byte, and is known before its last event has arrived', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const text = [
      messageStart({ input_tokens: 10, output_tokens: 1 }),
      textDelta('ü'),
      messageEnd({ output_tokens: 7 }),
    ]
    const { upstream } = plainUpstream(() => eventStream(pieces(...text, promise)))
    const metered = await openMetered(upstream)
    const answer = await metered.ask(streamed)
    await vi.waitFor(() => expect(metered.watch.settled).toHaveLength(1))
    resolve()
    expect(await answer.text()).toBe(text.join(''))
    expect(metered.watch.ended).toMatchObject([
      { usage: { inputTokens: 10, outputTokens: 7 }, firstTokenMs: expect.any(Number) },
    ])
  })

  test('the entry has the id under which the wire is watched, also where the service gave none', async () => {
    const { upstream } = plainUpstream(() => told({ input_tokens: 1, output_tokens: 1 }))
    const metered = await openMetered(upstream)
    const { headers } = await metered.ask(haiku)
    expect(metered.watch.ended[0]?.requestId).toBe(headers.get('request-id'))
    expect(metered.seen).toContainEqual(
      expect.objectContaining({ type: 'response', requestId: headers.get('request-id') }),
    )
  })

  test('a model without a price is entered as that', async () => {
    const { upstream } = plainUpstream(() => told({ input_tokens: 5, output_tokens: 5 }))
    const metered = await openMetered(upstream)
    await metered.ask({ ...haiku, model: 'gpt' })
    expect(metered.watch.ended).toMatchObject([
      { model: 'gpt', certainty: 'unpriced', costNanoUsd: 0n, usage: { inputTokens: 5 } },
    ])
  })

  test('a model is paid for under the name by which the service bills it', async () => {
    const { upstream } = plainUpstream(() => told({ input_tokens: 1_000, output_tokens: 0 }))
    const billedAs = (model: string): string => `eu.anthropic.${model}`
    const metered = await openMetered({ ...upstream, billedAs }, { limitUsd: 1 })
    await metered.ask(haiku)
    await metered.run.close()
    expect(metered.watch.ended).toMatchObject([
      { model: 'claude-haiku-4-5', costNanoUsd: usd(0.0011), listCostNanoUsd: usd(0.001) },
    ])
  })

  test('counts, lists and greetings are free', async () => {
    const { upstream, requests } = plainUpstream(() => jsonResponse({ status: 200, text: '{"input_tokens":3}' }))
    const metered = await openMetered(upstream, { limitUsd: 0 })
    for (const path of ['/v1/messages/count_tokens', '/v1/models', '/api/hello']) {
      const isCount = path.includes('count')
      const init = isCount ? { method: 'POST', body: JSON.stringify(haiku) } : {}
      const headers = { authorization: `Bearer ${metered.run.token}` }
      expect((await fetch(metered.run.baseUrl + path, { ...init, headers })).status).toBe(200)
    }
    expect(requests).toHaveLength(3)
    expect(metered.watch.ended).toEqual([])
  })
})

describe('with a hard budget of a dollar, a call that', () => {
  /** What of the budget is gone after one such answer, of how much that was reserved. */
  async function after(answer: () => UpstreamResponse | Promise<UpstreamResponse>, body: object = haiku) {
    const { upstream } = plainUpstream(answer)
    const metered = await openMetered(upstream, { limitUsd: 1 })
    const reserve = vi.spyOn(metered.ledger, 'reserve')
    await metered
      .ask(body)
      .then((response) => response.text())
      .catch(() => 'cut')
    await metered.run.close()
    const { spentNanoUsd: spent, presumedNanoUsd: presumed, reservedNanoUsd } = await metered.budget()
    expect(reservedNanoUsd).toBe(0n)
    return { spent, presumed, reserved: reserve.mock.calls[0]?.[0].wantedNanoUsd ?? 0n, metered }
  }

  test('is answered costs what the answer says', async () => {
    const { spent, presumed, reserved } = await after(() => told({ input_tokens: 100, output_tokens: 10 }))
    expect([spent, presumed]).toEqual([usd(0.00015), 0n])
    expect(reserved).toBeGreaterThan(usd(0.005))
    expect(reserved).toBeLessThan(usd(0.006))
  })

  test.each([429, 500, 529, 504])('the service refuses with %d costs nothing', async (status) => {
    const { spent, presumed, metered } = await after(() => apiErrorResponse({ status, message: 'no' }))
    expect([spent, presumed, metered.watch.ended]).toEqual([0n, 0n, []])
  })

  test('the service refuses in the place of a message costs nothing', async () => {
    const { spent, presumed } = await after(
      () => eventStream(pieces(frame({ type: 'error', error: { type: 'x' } }))),
      streamed,
    )
    expect([spent, presumed]).toEqual([0n, 0n])
  })

  test('a server on the way gave up on may have cost all of it', async () => {
    const html = { status: 504, headers: { 'content-type': 'text/html' }, body: pieces('<h1>Gateway time-out</h1>') }
    const { spent, presumed, reserved } = await after(() => html)
    expect([spent, presumed]).toEqual([0n, reserved])
  })

  test.each([
    ['was refused a connection', Object.assign(new Error(), { code: 'ECONNREFUSED', syscall: 'connect' })],
    ['found no such host', new Error('x', { cause: Object.assign(new Error(), { syscall: 'getaddrinfo' }) })],
    ['trusted no certificate', Object.assign(new Error(), { code: 'CERT_HAS_EXPIRED' })],
    ['found all addresses closed', new AggregateError([Object.assign(new Error(), { syscall: 'connect' })])],
  ])('%s costs nothing', async (_what, error) => {
    const { spent, presumed } = await after(() => Promise.reject(error))
    expect([spent, presumed]).toEqual([0n, 0n])
  })

  test('breaks while nobody knows what became of it may have cost all of it', async () => {
    const broken = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', syscall: 'read' })
    const { spent, presumed, reserved, metered } = await after(() => Promise.reject(broken))
    expect([spent, presumed]).toEqual([0n, reserved])
    expect(metered.watch.ended).toMatchObject([{ certainty: 'estimated', messageId: null }])
  })

  test('is cut in the middle costs what was seen, and may have cost the rest', async () => {
    const words = 'x'.repeat(4_000)
    const cut = () =>
      eventStream(pieces(messageStart({ input_tokens: 100, output_tokens: 1 }), textDelta(words), new Error('cut')))
    const { spent, presumed, reserved } = await after(cut, streamed)
    expect(spent).toBeGreaterThan(usd(0.0001 + 0.004))
    expect(spent).toBeLessThan(usd(0.0001 + 0.006))
    expect(spent + presumed).toBe(reserved)
  })

  test('is cut and seems to have more tokens than it could costs no more than it could', async () => {
    const words = 'x'.repeat(9_000)
    const cut = () =>
      eventStream(pieces(messageStart({ input_tokens: 100, output_tokens: 1 }), textDelta(words), new Error('cut')))
    const { spent, presumed, reserved, metered } = await after(cut, streamed)
    expect([spent, presumed]).toEqual([reserved, 0n])
    expect(await metered.budget()).toMatchObject({ isClosed: false })
  })

  test.each([
    ['ends without its end', () => eventStream(pieces(messageStart({ input_tokens: 9 })))],
    [
      'fails in the middle',
      () => eventStream(pieces(messageStart({ input_tokens: 9 }), frame({ type: 'error', error: {} }))),
    ],
    ['says nothing of its cost', () => eventStream(pieces(messageStart({}), messageEnd({})))],
    ['is no message', () => jsonResponse({ status: 200, text: '{"hello":1}' })],
    ['is no JSON', () => jsonResponse({ status: 200, text: '<html>' })],
    ['has no usage', () => jsonResponse({ status: 200, text: '{"type":"message","id":"m"}' })],
  ])('%s counts all that was reserved', async (_what, answer) => {
    const { spent, presumed, reserved } = await after(answer, streamed)
    expect(spent + presumed).toBe(reserved)
  })

  test('costs more than it could closes the budget', async () => {
    const { spent, metered } = await after(() => told({ input_tokens: 900_000, output_tokens: 10 }))
    expect(spent).toBeGreaterThan(usd(0.9))
    expect(await metered.budget()).toMatchObject({ isClosed: true })
    expect(metered.watch.settled).toMatchObject([{ isOverrun: true }])
  })

  test('repeats a message that was paid for counts as presumed', async () => {
    const { upstream } = plainUpstream(() =>
      eventStream(pieces(messageStart({ input_tokens: 100 }, 'msg_same'), messageEnd({ output_tokens: 1 }))),
    )
    const metered = await openMetered(upstream, { limitUsd: 1 })
    for (let call = 0; call < 2; call += 1) await (await metered.ask(streamed)).text()
    await metered.run.close()
    expect(await metered.budget()).toMatchObject({ spentNanoUsd: usd(0.000105), presumedNanoUsd: usd(0.000105) })
  })
})

describe('an agent that hangs up', () => {
  test('before its answer began pays for all that was reserved, in the middle for no more', async () => {
    const never = new Promise(() => {})
    for (const answer of [() => never, () => eventStream(pieces(messageStart({ input_tokens: 5 }), never))]) {
      const { upstream, requests } = plainUpstream(answer as () => UpstreamResponse)
      const metered = await openMetered(upstream, { limitUsd: 1 })
      const hangUp = new AbortController()
      const asked = metered.ask(streamed, { signal: hangUp.signal }).then((response) => response.text())
      await vi.waitFor(() => expect(requests).toHaveLength(1))
      const { reservedNanoUsd } = await metered.budget()
      hangUp.abort()
      await expect(asked).rejects.toThrow()
      await vi.waitFor(async () => expect((await metered.budget()).reservedNanoUsd).toBe(0n))
      const { spentNanoUsd, presumedNanoUsd } = await metered.budget()
      expect(spentNanoUsd + presumedNanoUsd).toBe(reservedNanoUsd)
      expect(requests[0]!.signal.aborted).toBe(true)
    }
  })

  test('after the answer’s end pays what the answer says', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { upstream } = plainUpstream(() =>
      eventStream(pieces(messageStart({ input_tokens: 100 }), messageEnd({ output_tokens: 10 }), promise)),
    )
    const metered = await openMetered(upstream, { limitUsd: 1 })
    const hangUp = new AbortController()
    await metered.ask(streamed, { signal: hangUp.signal })
    await vi.waitFor(() => expect(metered.watch.settled).toHaveLength(1))
    hangUp.abort()
    await sleep(10)
    resolve()
    await metered.run.close()
    expect(await metered.budget()).toMatchObject({ spentNanoUsd: usd(0.00015), presumedNanoUsd: 0n })
  })
})

describe('the end of a run', () => {
  test('waits until the cost of what it cuts is entered', async () => {
    const { ledger } = openMemoryStorage().workspace(testScope)
    const settle = ledger.settle.bind(ledger)
    vi.spyOn(ledger, 'settle').mockImplementation(async (call) => {
      await sleep(50)
      return settle(call)
    })
    const { upstream } = plainUpstream(() =>
      eventStream(pieces(messageStart({ input_tokens: 7 }), new Promise(() => {}))),
    )
    const metered = await openMetered(upstream, { ledger })
    const answer = await metered.ask(streamed)
    await answer.body!.getReader().read()
    await metered.run.close()
    expect(metered.watch.settled).toHaveLength(1)
    expect(await ledger.costs()).toMatchObject([{ calls: 1, inputTokens: 7 }])
  })
})

test('a service that cannot be reached costs nothing, over a real connection', async () => {
  const upstream = createAnthropicUpstream({ credentials: { apiKey: 'k' }, baseUrl: 'http://127.0.0.1:1' })
  const metered = await openMetered(upstream, { limitUsd: 1 })
  expect((await metered.ask(haiku)).status).toBe(502)
  await metered.run.close()
  expect(await metered.budget()).toMatchObject({ spentNanoUsd: 0n, presumedNanoUsd: 0n, reservedNanoUsd: 0n })
})
