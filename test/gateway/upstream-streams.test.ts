import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import { bedrockUpstream } from '../../src/gateway/upstreams/bedrock/bedrock-upstream.ts'
import { foundryUpstream } from '../../src/gateway/upstreams/foundry/foundry-upstream.ts'
import { vertexUpstream } from '../../src/gateway/upstreams/vertex/vertex-upstream.ts'
import type { ModelUpstream } from '../../src/ports/model-gateway.ts'
import { awsChunk, awsFrames, sendAsIs, startFakePlatform } from './fake-platforms.ts'
import { modelRequest, openGateway, readAll, send } from './support.ts'

// Bedrock sends events, which its client writes as the API would; the others send the API’s own bytes.
const kinds: Readonly<Record<string, (url: string) => ModelUpstream>> = {
  anthropic: (baseUrl) => createAnthropicUpstream({ credentials: { apiKey: 'k' }, baseUrl }),
  vertex: (baseUrl) => vertexUpstream({ baseUrl, region: 'r', projectId: 'p', accessToken: async () => 't' }),
  foundry: (baseUrl) => foundryUpstream({ baseUrl, apiKey: 'k' }),
  bedrock: (baseUrl) => bedrockUpstream({ baseUrl, apiKey: 'k' }),
}
const names = Object.keys(kinds)

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** The gateway before a platform that answers each request like this. */
async function connect(name: string, answer: (outgoing: ServerResponse) => Promise<void> | void) {
  const platform = await startFakePlatform((_, outgoing) => answer(outgoing))
  const { gateway, run } = await openGateway(kinds[name]!(platform.url))
  closers.push(
    () => platform.close(),
    () => gateway.close(),
  )
  const headers = { authorization: `Bearer ${run.token}` }
  const ask = (signal?: AbortSignal) =>
    send(`${run.baseUrl}/v1/messages`, { headers, body: modelRequest, ...(signal === undefined ? {} : { signal }) })
  return { platform, ask }
}

const asSse = (event: { type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

const respond = (name: string, outgoing: ServerResponse, events: AsyncIterable<{ type: string }>): Promise<void> =>
  sendAsIs(
    {
      status: 200,
      headers: { 'content-type': name === 'bedrock' ? 'application/vnd.amazon.eventstream' : 'text/event-stream' },
      body:
        name === 'bedrock' ? awsFrames(mapped(events, awsChunk)) : mapped(events, (event) => Buffer.from(asSse(event))),
    },
    outgoing,
  )

async function* mapped<From, To>(items: AsyncIterable<From>, change: (item: From) => To): AsyncGenerator<To> {
  for await (const item of items) yield change(item)
}

describe.each(names)('a stream from %s', (name) => {
  it('arrives as the API would write it, however it is cut on the way', async () => {
    let sent: readonly { type: string; text: string }[] = []
    const { ask } = await connect(name, (outgoing) =>
      respond(
        name,
        outgoing,
        (async function* () {
          for (const event of sent) {
            await nextTurn()
            yield event
          }
        })(),
      ),
    )
    const event = fc.record({ type: fc.constant('content_block_delta'), text: fc.string({ unit: 'grapheme' }) })
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), async (events) => {
        sent = events
        expect((await readAll(await ask())).toString()).toBe(events.map(asSse).join(''))
      }),
      { numRuns: 30 },
    )
  })

  it('waits for a slow reader', async () => {
    const event = { type: 'ping', padding: 'x'.repeat(256 * 1024) }
    const count = 80
    let pulled = 0
    const { ask } = await connect(name, (outgoing) =>
      respond(
        name,
        outgoing,
        (async function* () {
          for (; pulled < count; pulled++) yield event
        })(),
      ),
    )
    const answer = await ask()
    answer.pause()
    // What the kernel and the streams buffer is taken; then nothing more is asked for.
    let before = -1
    await vi.waitFor(
      () => {
        const settled = before === pulled && pulled > 0
        before = pulled
        expect(settled).toBe(true)
      },
      { interval: 200, timeout: 5000 },
    )
    expect(pulled).toBeLessThan(60)
    expect((await readAll(answer)).length).toBe(count * asSse(event).length)
  })

  it.each([
    ['while the model thinks', false],
    ['within the answer', true],
  ])('is given up there as soon as the agent hangs up %s', async (_when, hasBegun) => {
    let there: ServerResponse | undefined
    const { ask } = await connect(name, async (outgoing) => {
      there = outgoing
      if (!hasBegun) return
      const events = (async function* () {
        yield { type: 'ping' }
        await once(outgoing, 'close')
      })()
      await respond(name, outgoing, events).catch(() => {})
    })
    const agent = new AbortController()
    const asked = ask(agent.signal)
    asked.catch(() => {})
    await vi.waitFor(() => expect(there).toBeDefined(), { interval: 5 })
    if (hasBegun) await once(await asked, 'data')
    const closed = once(there!, 'close')
    const startedMs = performance.now()
    agent.abort()
    await closed
    expect(performance.now() - startedMs).toBeLessThan(500)
  })

  it('that breaks off there breaks off here', async () => {
    const { ask } = await connect(name, async (outgoing) => {
      const events = (async function* () {
        yield { type: 'ping' }
        await nextTurn()
        throw new Error('broken')
      })()
      await respond(name, outgoing, events).catch(() => outgoing.destroy())
    })
    const answer = await ask()
    const received: Buffer[] = []
    answer.on('data', (bytes: Buffer) => received.push(bytes))
    await once(answer, 'close').catch(() => {})
    expect(answer.complete).toBe(false)
    expect(['', asSse({ type: 'ping' })]).toContain(Buffer.concat(received).toString())
  })
})
