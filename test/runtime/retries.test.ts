import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import {
  MemoryStorage,
  runAgent,
  type LoggedEvent,
  type ModelUpstream,
  type PerdureError,
  type RunAgentOptions,
} from '../../src/index.ts'
import { guardedUpstream } from '../../src/gateway/traffic/guarded-upstreams.ts'
import type { StallTimeouts } from '../../src/gateway/traffic/with-stall-guard.ts'
import { scriptedModel, type ScriptReply, type ScriptRule } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'

const quick = { initialDelayMs: 20, jitter: 0 }
const once = { times: 1 }
const fails = (status: number): ScriptReply => ({ error: { status } })

async function runToEnd(upstream: ModelUpstream, options: Partial<RunAgentOptions> = {}) {
  const run = runAgent({
    prompt: 'Say hello.',
    cwd: scratchFolder(),
    storage: new MemoryStorage(),
    upstream,
    model: 'claude-opus-5-5',
    tools: [],
    retryPolicy: quick,
    ...options,
  })
  const events: LoggedEvent[] = []
  for await (const event of run.events()) events.push(event)
  return { outcome: await run, events }
}

const typesOf = (events: readonly LoggedEvent[]): string[] => events.map(({ type }) => type)
const modelsOf = (requests: readonly { readonly body: unknown }[]): string[] =>
  requests.map(({ body }) => (body as { model: string }).model)

const overloadedTwice: ScriptRule[] = [
  { when: once, reply: fails(529) },
  { when: once, reply: fails(503) },
  { reply: 'Hello.' },
]

describe('a model request that fails for a moment', () => {
  it('is made again within its span, and the agent never hears of it', async () => {
    const retries: [number, PerdureError][] = []
    const { outcome, events } = await runToEnd(scriptedModel(overloadedTwice), {
      onRetry: (attempt, error) => retries.push([attempt, error]),
    })
    expect(outcome).toMatchObject({ status: 'completed', text: 'Hello.' })
    const types = typesOf(events)
    expect(types.slice(types.indexOf('span.model_request_start'), types.indexOf('agent.message') + 2)).toEqual([
      'span.model_request_start',
      'session.error',
      'session.error',
      'agent.message',
      'span.model_request_end',
    ])
    const errors = events.filter((event) => event.type === 'session.error')
    expect(errors).toMatchObject([
      {
        error: { type: 'model_overloaded_error', retry_status: { type: 'retrying' } },
        perdure: { attempt: 1, delay_ms: 20, error_code: 'overloaded' },
      },
      {
        error: { type: 'model_request_failed_error', retry_status: { type: 'retrying' } },
        perdure: { attempt: 2, delay_ms: 40, error_code: 'server_error' },
      },
    ])
    expect(events.find(({ type }) => type === 'span.model_request_end')).toMatchObject({ perdure: { attempts: 3 } })
    expect(retries.map(([attempt, { code, retryable }]) => [attempt, code, retryable])).toEqual([
      [1, 'overloaded', true],
      [2, 'server_error', true],
    ])
  })

  it('costs no run its life because onRetry throws', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const { outcome } = await runToEnd(scriptedModel(overloadedTwice), {
      onRetry: () => {
        throw new Error('my own fault')
      },
    })
    expect(outcome.status).toBe('completed')
    expect(warnings).toHaveBeenCalledTimes(2)
    warnings.mockRestore()
  })

  it('that does not pass ends the run after the policy’s attempts, and the agent asks no more by itself', async () => {
    const model = scriptedModel([{ reply: fails(529) }])
    const { outcome } = await runToEnd(model, { retryPolicy: { ...quick, maxAttempts: 2 } })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'overloaded', retryable: true } })
    expect(model.requests).toHaveLength(2)
  })

  it('is not made again where the policy does not name it', async () => {
    const model = scriptedModel([{ reply: fails(500) }])
    const { outcome } = await runToEnd(model, { retryPolicy: { ...quick, retryableErrors: ['RATE_LIMIT'] } })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'server_error' } })
    expect(model.requests).toHaveLength(1)
  })
})

it('a run that waits for a rate limit is not taken for a silent one', { timeout: 30_000 }, async () => {
  const limited = { error: { status: 429, retryAfterSeconds: 8 } }
  const model = scriptedModel([{ when: once, reply: limited }, { reply: 'Hello.' }])
  const { outcome } = await runToEnd(model, { idleTimeoutMs: 6_000 })
  expect(outcome).toMatchObject({ status: 'completed', text: 'Hello.' })
  expect(outcome.durationMs).toBeGreaterThan(8_000)
})

describe('with a fallback model', () => {
  it.each([529, 429, 500])('a run goes on there when the first model answers %i again and again', async (status) => {
    const model = scriptedModel([{ when: { model: 'opus' }, reply: fails(status) }, { reply: 'From the other one.' }])
    const { outcome, events } = await runToEnd(model, {
      fallbackModel: 'claude-sonnet-5',
      retryPolicy: { ...quick, maxAttempts: 2 },
    })
    expect(outcome).toMatchObject({ status: 'completed', text: 'From the other one.' })
    expect(events.find(({ type }) => type === 'perdure.model_fallback')).toMatchObject({
      from_model: 'claude-opus-5-5',
      to_model: 'claude-sonnet-5',
    })
    expect(modelsOf(model.requests)).toEqual(['claude-opus-5-5', 'claude-opus-5-5', 'claude-sonnet-5'])
  })

  it('an open circuit is not waited for', async () => {
    const model = scriptedModel([{ when: { model: 'opus' }, reply: fails(500) }, { reply: 'From the other one.' }])
    const upstream = guardedUpstream(model, { circuit: { failuresToOpen: 2, openMs: 600_000 } })
    const options = { fallbackModel: 'claude-sonnet-5', retryPolicy: { ...quick, maxAttempts: 5 } }
    await runToEnd(upstream, options)
    const { outcome } = await runToEnd(upstream, options)
    expect(outcome).toMatchObject({ status: 'completed', text: 'From the other one.' })
    // The first run found out; the second one did not ask.
    expect(modelsOf(model.requests).filter((name) => name === 'claude-opus-5-5')).toHaveLength(2)
  })
})

describe('a model that falls silent', () => {
  const silent = (model: ModelUpstream, stall: StallTimeouts) => guardedUpstream(model, { stall })

  it('before it answers is asked again', async () => {
    const model = scriptedModel([{ when: once, reply: { text: 'Late.', delayMs: 60_000 } }, { reply: 'Hello.' }])
    const { outcome, events } = await runToEnd(silent(model, { streamStartTimeoutMs: 300 }))
    expect(outcome).toMatchObject({ status: 'completed', text: 'Hello.' })
    expect(events.find(({ type }) => type === 'session.error')).toMatchObject({
      perdure: { error_code: 'stream_stalled' },
    })
  })

  it('in the middle of its answer is cut, and the agent asks again', async () => {
    const model = scriptedModel([
      { when: once, reply: { text: 'I fall silent now', stallAfterEvents: 4 } },
      { reply: 'Hello.' },
    ])
    const { outcome, events } = await runToEnd(silent(model, { idleTimeoutMs: 300 }))
    expect(outcome).toMatchObject({ status: 'completed', text: 'Hello.' })
    expect(events.filter(({ type }) => type === 'span.model_request_end')).toMatchObject([
      { is_error: true, perdure: { ended: 'upstream_cut' } },
      { is_error: false },
    ])
  })

  it('for ever cannot hang a run', { timeout: 60_000 }, async () => {
    const model = scriptedModel([{ reply: { text: 'I fall silent now', stallAfterEvents: 4 } }])
    const { outcome } = await runToEnd(silent(model, { idleTimeoutMs: 200, firstByteTimeoutMs: 200 }))
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'stream_stalled', retryable: true } })
    // The agent asks four times for a stream, and once for an answer in one piece.
    expect(model.requests).toHaveLength(5)
  })

  it('before it answers, for ever, cannot hang a run either', async () => {
    const model = scriptedModel([{ reply: { text: 'Late.', delayMs: 60_000 } }])
    const { outcome } = await runToEnd(silent(model, { streamStartTimeoutMs: 100 }), {
      retryPolicy: { ...quick, maxAttempts: 3 },
    })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'stream_stalled' } })
    expect(model.requests).toHaveLength(3)
  })
})

describe('an agent that cannot start', () => {
  it('at first is started again, and the run goes on as if nothing had been', async () => {
    const folder = scratchFolder()
    const binary = join(folder, 'claude')
    const agent = createRequire(createRequire(import.meta.url).resolve('@anthropic-ai/claude-agent-sdk')).resolve(
      `@anthropic-ai/claude-agent-sdk-${process.platform}-${process.arch}/claude`,
    )
    const lines = ['#!/bin/sh', `if mkdir '${folder}/tried'; then exit 1; fi`, `exec '${agent}' "$@"`, '']
    writeFileSync(binary, lines.join('\n'), { mode: 0o755 })
    const retries: string[] = []
    const { outcome } = await runToEnd(scriptedModel([{ reply: 'Hello.' }]), {
      retryPolicy: { agentStart: quick },
      pathToClaudeCodeExecutable: binary,
      onRetry: (attempt, { code }) => retries.push(`${attempt} ${code}`),
    })
    expect(outcome).toMatchObject({ status: 'completed', text: 'Hello.' })
    expect(retries).toEqual(['1 agent_start_failed'])
  })

  it('is given up after its attempts, and says so', async () => {
    const { outcome, events } = await runToEnd(scriptedModel([{ reply: 'Hello.' }]), {
      retryPolicy: { agentStart: { ...quick, maxAttempts: 3 } },
      extraArgs: { 'no-such-flag': null },
    })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'agent_start_failed' } })
    expect(events.filter(({ type }) => type === 'session.error')).toMatchObject([
      { error: { retry_status: { type: 'retrying' } }, perdure: { attempt: 1, error_code: 'agent_start_failed' } },
      { error: { retry_status: { type: 'retrying' } }, perdure: { attempt: 2 } },
      { error: { retry_status: { type: 'exhausted' } } },
    ])
  })
})
