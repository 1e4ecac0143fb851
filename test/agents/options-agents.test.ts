import { expect, test } from 'vitest'
import { bodiesOf, call, reportsOf, resultsOf, runAgent, TestFolder, toolNames } from './agent-rig.ts'

const gardener = {
  description: 'Knows plants',
  prompt: 'You are a gardener of few words.',
  tools: ['Bash'],
  model: 'claude-haiku-4-5-20251001',
}

test('agents', async () => {
  using folder = new TestFolder()
  const { requests, reports } = await runAgent({
    cwd: folder.path,
    prompt: 'ask the gardener',
    options: { agents: { gardener }, allowedTools: ['Bash(*)'] },
    script: [
      {
        when: { agent: 'gardener', toolResult: false },
        reply: { text: 'Digging.', ...call('Bash', { command: 'echo roots' }) },
      },
      { when: { agent: 'gardener' }, reply: 'Roots found.' },
      { when: { toolResult: false }, reply: { agent: { type: 'gardener', prompt: 'find the roots' } } },
      { reply: 'The gardener found roots.' },
    ],
  })
  const inner = requests.filter(({ headers }) => headers['x-claude-code-agent-id'] !== undefined)
  expect(toolNames(bodiesOf(inner)[0])).toEqual(['Bash'])
  expect(bodiesOf(inner)[0]?.model).toBe(gardener.model)
  const thread = reportsOf(reports, 'thread_started')[0]!
  expect(thread).toMatchObject({ parentThread: null, agentName: 'gardener', background: false })
  expect(inner[0]?.headers['x-claude-code-agent-id']).toBe(thread.thread)
  expect(reportsOf(reports, 'thread_prompt')[0]).toMatchObject({ thread: thread.thread, text: 'find the roots' })
  const said = reports
    .filter((report) => 'thread' in report && report.thread === thread.thread && report.type !== 'notice')
    .map(({ type }) => type)
  expect(said).toEqual([
    'thread_started', 'thread_prompt', 'content_block', 'content_block', 'tool_result', 'content_block', 'thread_ended',
  ]) // prettier-ignore
  expect(reportsOf(reports, 'turn_ended')).toHaveLength(1)
  expect(Object.keys(reportsOf(reports, 'turn_ended')[0]!.modelUsage)).toContain(gardener.model)
})

test('agent', async () => {
  using folder = new TestFolder()
  const { requests } = await runAgent({
    cwd: folder.path,
    prompt: 'hello',
    options: { agent: 'gardener', agents: { gardener } },
    script: { turns: ['hm'] },
  })
  expect(JSON.stringify(bodiesOf(requests)[0]?.system)).toContain(gardener.prompt)
  expect(toolNames(bodiesOf(requests)[0])).toEqual(['Bash'])
})

test('forwardSubagentText', async () => {
  using folder = new TestFolder()
  const { reports } = await runAgent({
    cwd: folder.path,
    prompt: 'ask',
    options: { agents: { gardener }, forwardSubagentText: false },
    script: [
      { when: { agent: true }, reply: 'Leaves.' },
      { when: { toolResult: false }, reply: { agent: { type: 'gardener', prompt: 'x' } } },
      { reply: 'Done.' },
    ],
  })
  const inThread = reportsOf(reports, 'content_block').filter(({ thread }) => thread !== null)
  expect(inThread).toEqual([])
  expect(resultsOf(reports)[0]?.text).toContain('Leaves.')
})

test('agentProgressSummaries and perTaskStopAffordance', async () => {
  using folder = new TestFolder()
  const options = { agentProgressSummaries: true, perTaskStopAffordance: true }
  const { commands } = await runAgent({ cwd: folder.path, prompt: 'hello', options, script: { turns: ['hi'] } })
  expect(JSON.parse(commands[0]!.lines[0]!)).toMatchObject({ request: { subtype: 'initialize', ...options } })
})
