import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { query } from '@anthropic-ai/claude-agent-sdk'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { CacheStrategy } from '../../src/domain/cache-strategy.ts'
import { runAgent } from '../../src/compose/run-agent.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import type { Script } from '../../src/gateway/upstreams/script/script.ts'
import { createScriptUpstream } from '../../src/gateway/upstreams/script/create-script-upstream.ts'
import type { UpstreamRequest } from '../../src/ports/model-gateway.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { MemoryStorage } from '../../src/compose/storage/memory-storage.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { testAccount, testScope } from './billing/run-account.ts'
import { FakeTimer } from './fake-timer.ts'
import { agentEnv, makePlace } from './real-agent.ts'

interface Marked {
  readonly cache_control?: { readonly type: string; readonly ttl?: string }
}
interface Body {
  readonly max_tokens: number
  readonly tools: readonly Marked[]
  readonly system: readonly Marked[]
  readonly messages: readonly { readonly content: string | readonly Marked[] }[]
}

/** Starts the real agent with a cache strategy, under a clock that the test moves. */
async function startWithCache(script: Script, cache: Partial<CacheStrategy>) {
  const inner = createScriptUpstream(script)
  const requests: UpstreamRequest[] = []
  const timer = new FakeTimer()
  const gateway = createModelGateway({ cacheTimer: timer })
  const { ledger } = openMemoryStorage().workspace(testScope)
  const { runId, account } = testAccount({ ledger })
  const run = await gateway.openRun({
    runId,
    upstream: {
      name: 'script',
      handle: (request) => {
        requests.push(request)
        return inner.handle(request)
      },
    },
    observe: () => {},
    account: () => account,
    cache: { main: null, subAgents: null, keepWarm: null, ...cache },
  })
  const place = makePlace()
  onTestFinished(() => place.remove())
  const options = {
    cwd: place.cwd,
    model: 'claude-opus-5-5',
    settingSources: [],
    tools: ['Bash', 'Agent'],
    permissionMode: 'bypassPermissions' as const,
    allowDangerouslySkipPermissions: true,
    env: agentEnv(place, run),
  }
  const finish = async (): Promise<string> => {
    let result = 'none'
    for await (const message of query({ prompt: 'hello', options })) {
      if (message.type === 'result') result = message.subtype
    }
    await gateway.close()
    return result
  }
  const calls = async (): Promise<number> => (await ledger.costs())[0]?.calls ?? 0
  return { result: finish(), asked: () => requests.filter(isModelRequest), ledger, timer, calls, cwd: place.cwd }
}

const isModelRequest = ({ path }: UpstreamRequest): boolean => path.startsWith('/v1/messages?')

const bodyOf = ({ body }: UpstreamRequest): Body => JSON.parse(Buffer.from(body).toString()) as Body

const ttlsOf = ({ tools, system, messages }: Body): string[] => {
  const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))
  return [...tools, ...system, ...blocks].flatMap(({ cache_control: mark }) =>
    mark === undefined ? [] : [mark.ttl ?? 'none'],
  )
}

test('the real agent’s main conversation is cached for an hour, its sub-agent as it asks', async () => {
  const script: Script = {
    rules: [
      { when: { agent: false, toolResult: 'Agent' }, reply: 'done' },
      { when: { agent: false }, reply: { agent: { type: 'general-purpose', prompt: 'work' } } },
      { when: { agent: true }, reply: 'worked' },
    ],
  }
  const { result, asked } = await startWithCache(script, { main: '1h' })
  expect(await result).toBe('success')
  const seen = asked().map((request) => ({
    ttls: [...new Set(ttlsOf(bodyOf(request)))],
    isSubAgent: request.headers['x-claude-code-agent-id'] !== undefined,
    isHourAllowed: (request.headers['anthropic-beta'] ?? '').includes('extended-cache-ttl-2025-04-11'),
  }))
  expect(seen).toEqual([
    { ttls: ['1h'], isSubAgent: false, isHourAllowed: true },
    { ttls: ['none'], isSubAgent: true, isHourAllowed: false },
    { ttls: ['1h'], isSubAgent: false, isHourAllowed: true },
  ])
})

test('while the real agent’s tool runs, its conversation is kept warm, and the run goes on', async () => {
  const written = (tokens: number) => ({
    cache_creation_input_tokens: tokens,
    cache_creation: { ephemeral_5m_input_tokens: tokens, ephemeral_1h_input_tokens: 0 },
  })
  const read = { input_tokens: 10, cache_read_input_tokens: 50_000, output_tokens: 1, ...written(0) }
  const script: Script = {
    rules: [
      { when: { kind: 'side' }, reply: { text: 'x', usage: read } },
      { when: { toolResult: 'Bash' }, reply: { text: 'done', usage: read } },
      {
        reply: {
          tool: { name: 'Bash', input: { command: 'until [ -e go-on ]; do sleep 0.1; done' } },
          usage: { input_tokens: 10, cache_read_input_tokens: 0, ...written(50_000) },
        },
      },
    ],
  }
  const { result, asked, ledger, timer, calls, cwd } = await startWithCache(script, {
    keepWarm: { forMs: 600_000, maxCostNanoUsd: 1_000_000_000n },
  })
  for (const callsSoFar of [1, 2, 3]) {
    await vi.waitFor(async () => expect([await calls(), timer.isIdle]).toEqual([callsSoFar, false]), {
      timeout: 20_000,
    })
    await timer.pass(5 * 60_000)
  }
  // Ten minutes are over.
  expect(timer.isIdle).toBe(true)
  writeFileSync(join(cwd, 'go-on'), '')
  expect(await result).toBe('success')
  const [first, ...others] = asked().map(bodyOf)
  expect(others.map(({ max_tokens: maxTokens }) => maxTokens === 1)).toEqual([true, true, false])
  expect(others[0]).toEqual({ ...first, max_tokens: 1 })
  expect(await ledger.costs({ groupBy: ['kind'] })).toMatchObject([
    { group: { kind: 'side' }, calls: 2, cacheReadInputTokens: 100_000, cacheWrite5mInputTokens: 0 },
    { group: { kind: 'turn' }, calls: 2 },
  ])
})

test('a run has the cache that its options ask for', async () => {
  const { cwd, remove } = makePlace()
  onTestFinished(remove)
  const model = scriptedModel([{ reply: 'done' }])
  const kinds: string[] = []
  const outcome = await runAgent({
    prompt: 'hello',
    cwd,
    upstream: model,
    storage: new MemoryStorage(),
    settingSources: [],
    cache: { main: '1h', keepWarm: { forMs: 60_000 } },
    onCostUpdate: (_costUsd, { call }) => kinds.push(call.kind),
  })
  expect(outcome.status).toBe('completed')
  const [turn] = model.requests.map(({ body }) => body as Body).filter(({ tools }) => tools.length > 0)
  expect(ttlsOf(turn!)).toEqual(['1h', '1h'])
  expect(kinds).toContain('turn')
})
