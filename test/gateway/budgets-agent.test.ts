import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MemoryStorage, runAgent, type RunAgentOptions } from '../../src/index.ts'
import type { ScriptReply, ScriptReplyFunction } from '../../src/gateway/upstreams/script/script.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'

const model = 'claude-haiku-4-5'

/** A cent: eight thousand tokens of input and four hundred of output. */
const cent = {
  input_tokens: 8_000,
  output_tokens: 400,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: {},
}

const write = (name: string): ScriptReply => ({
  text: `I write ${name}.`,
  tool: { name: 'Write', input: { file_path: name, content: name } },
  usage: cent,
})

async function run(script: Script, maxCostUSD: number, options: Partial<RunAgentOptions> = {}) {
  const cwd = scratchFolder()
  const upstream = scriptedModel(script)
  const outcome = await runAgent({
    prompt: 'Do it.',
    cwd,
    model,
    storage: new MemoryStorage(),
    upstream,
    tools: ['Write'],
    allowedTools: ['Write'],
    budget: { maxCostUSD },
    ...options,
  })
  const calls = upstream.requests.filter(({ path }) => !path.includes('count_tokens'))
  const sent = calls.map(({ body }) => (body as { max_tokens: number }).max_tokens)
  return { outcome, calls, sent, files: () => readdirSync(cwd).toSorted() }
}

test('three lean calls for three cents complete under a budget of five', async () => {
  const { outcome, calls, files } = await run(
    { turns: [write('one'), write('two'), { text: 'Done.', usage: cent }] },
    0.05,
  )
  expect(outcome).toMatchObject({ status: 'completed', text: 'Done.', costUsd: 0.03 })
  expect(calls).toHaveLength(3)
  expect(files()).toEqual(['one', 'two'])
})

test('at its limit a run ends after one refused request, and keeps what was done before', async () => {
  const turns = Array.from({ length: 12 }, (_, index) => write(`file-${index}`))
  const { outcome, calls, files } = await run({ turns }, 0.05)
  expect(outcome).toMatchObject({
    status: 'budget_reached',
    error: { code: 'budget_reached', details: { scope: 'run' } },
  })
  expect(outcome.costUsd).toBe(calls.length / 100)
  expect(calls.length).toBeGreaterThanOrEqual(3)
  expect(outcome.costUsd).toBeLessThanOrEqual(0.05)
  expect(0.05 - outcome.costUsd).toBeLessThan(0.015)
  expect(files()).toHaveLength(calls.length)
})

test('an answer that the budget cut short is never the end of the task', async () => {
  const untilCut: ScriptReplyFunction = ({ body }) => ({
    text: 'a long answer that has no',
    stopReason: 'max_tokens',
    usage: { ...cent, input_tokens: 3_000, output_tokens: Number(body['max_tokens']) },
  })
  const { outcome, calls, sent } = await run({ rules: [{ reply: untilCut }] }, 0.05)
  expect(outcome).toMatchObject({ status: 'budget_reached', text: expect.stringContaining('a long answer') })
  expect(calls).toHaveLength(1)
  expect(sent[0]).toBeLessThan(10_000)
  expect(outcome.costUsd).toBeLessThanOrEqual(0.05)
})

test('sub-agents at the same time share the budget of their run', async () => {
  const agents = [1, 2, 3].map((index) => ({ type: 'worker', prompt: `part ${index}` }))
  const script: Script = {
    rules: [
      { when: { agent: true }, reply: ({ request }) => write(`part-${request}`) },
      { when: { request: 1 }, reply: { text: 'I share it out.', agents, usage: cent } },
      { reply: { text: 'All done.', usage: cent } },
    ],
  }
  const { outcome, calls } = await run(script, 0.12, {
    tools: ['Write', 'Agent'],
    agents: { worker: { description: 'works', prompt: 'Work.', tools: ['Write'] } },
  })
  expect(outcome).toMatchObject({ status: 'budget_reached' })
  expect(calls.length).toBeGreaterThanOrEqual(6)
  expect(outcome.costUsd).toBeCloseTo(calls.length / 100)
  expect(outcome.costUsd).toBeLessThanOrEqual(0.12)
})
