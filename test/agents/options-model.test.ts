import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bodiesOf, call, reportsOf, runAgent, TestFolder, wordsOf, type FinishedAgent } from './agent-rig.ts'

describe('how the model is asked', () => {
  const folder = new TestFolder()
  afterAll(() => folder[Symbol.dispose]())
  let run: FinishedAgent
  beforeAll(async () => {
    run = await runAgent({
      cwd: folder.path,
      prompt: 'hello',
      options: {
        model: 'claude-opus-5-5',
        effort: 'high',
        thinking: { type: 'adaptive' },
        betas: ['context-1m-2025-08-07'],
        taskBudget: { total: 70_000 },
        systemPrompt: 'You are a gardener.',
        title: 'Gardening',
      },
      script: { turns: [{ thinking: 'Roots.', text: 'Plant it.' }] },
    })
  })
  const body = () => bodiesOf(run.requests)[0]

  test('model', () => {
    expect(body()?.model).toBe('claude-opus-5-5')
    expect(reportsOf(run.reports, 'agent_started')[0]?.model).toBe('claude-opus-5-5')
  })
  test('effort', () => expect(body()?.['output_config']).toMatchObject({ effort: 'high' }))
  test('thinking', () => {
    expect(body()?.['thinking']).toMatchObject({ type: 'adaptive' })
    expect(reportsOf(run.reports, 'content_block').map(({ block }) => block.type)).toEqual(['thinking', 'text'])
  })
  test('betas', () => expect(run.requests[0]?.headers['anthropic-beta']).toContain('context-1m-2025-08-07'))
  test('taskBudget', () => expect(body()?.['output_config']).toMatchObject({ task_budget: { total: 70_000 } }))
  test('systemPrompt', () => expect(JSON.stringify(body()?.system)).toContain('You are a gardener.'))
  test('title', () => {
    expect(run.commands[0]?.lines[0]).toContain('"title":"Gardening"')
    expect(bodiesOf(run.requests)).toHaveLength(1)
  })
})

test('maxThinkingTokens', async () => {
  using folder = new TestFolder()
  const options = { model: 'claude-sonnet-4-5-20250929', maxThinkingTokens: 2_000 }
  const { requests } = await runAgent({ cwd: folder.path, prompt: 'hello', options, script: { turns: ['hi'] } })
  expect(bodiesOf(requests)[0]?.['thinking']).toMatchObject({ type: 'enabled', budget_tokens: 2_000 })
})

test('fallbackModel', async () => {
  using folder = new TestFolder()
  const { requests, reports } = await runAgent({
    cwd: folder.path,
    prompt: 'hello',
    options: { model: 'claude-opus-5-5', fallbackModel: 'claude-haiku-4-5-20251001' },
    script: [
      { when: { model: 'opus' }, reply: { error: { status: 500 } } },
      { when: { model: 'haiku' }, reply: 'from the small one' },
    ],
  })
  expect(bodiesOf(requests).at(-1)?.model).toBe('claude-haiku-4-5-20251001')
  expect(reportsOf(reports, 'model_fallback')[0]).toMatchObject({
    fromModel: 'claude-opus-5-5',
    trigger: 'server_error',
  })
  expect(reportsOf(reports, 'turn_ended')[0]).toMatchObject({ isError: false, text: 'from the small one' })
})

test('maxTurns', async () => {
  using folder = new TestFolder()
  const { requests, reports } = await runAgent({
    cwd: folder.path,
    prompt: 'go on for ever',
    options: { maxTurns: 2, allowedTools: ['Bash(*)'] },
    script: [{ reply: call('Bash', { command: 'true' }) }],
  })
  expect(bodiesOf(requests)).toHaveLength(2)
  expect(reportsOf(reports, 'turn_ended')[0]?.error).toMatchObject({ code: 'max_turns_reached', retryable: false })
})

test('includePartialMessages', async () => {
  using folder = new TestFolder()
  const options = { includePartialMessages: true }
  const { reports, error } = await runAgent({
    cwd: folder.path,
    prompt: 'hello',
    options,
    script: { turns: ['one two'] },
  })
  expect(error).toBeUndefined()
  // Behind the gateway its view of the wire gives the live text, and the agent's own is left out.
  expect(reports.map(({ type }) => type)).not.toContain('preview')
  expect(reportsOf(reports, 'turn_ended')[0]?.text).toBe('one two')
})

test('promptSuggestions', async () => {
  using folder = new TestFolder()
  const options = { promptSuggestions: true }
  const { commands } = await runAgent({ cwd: folder.path, prompt: 'hello', options, script: { turns: ['hi'] } })
  expect(JSON.parse(commands[0]!.lines[0]!)).toMatchObject({
    request: { subtype: 'initialize', promptSuggestions: true },
  })
})

test('planModeInstructions', async () => {
  using folder = new TestFolder()
  const options = { permissionMode: 'plan', planModeInstructions: 'Draw a map first.' } as const
  const { requests } = await runAgent({ cwd: folder.path, prompt: 'plan', options, script: { turns: ['map'] } })
  expect(wordsOf(bodiesOf(requests)[0])).toContain('Draw a map first.')
})
