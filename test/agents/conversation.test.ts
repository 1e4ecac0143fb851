import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createClaudeDriver } from '../../src/agents/claude/create-claude-driver.ts'
import { MapTranscripts, reportsOf, runAgent, startAgent, TestFolder } from './agent-rig.ts'

const usage = {
  input_tokens: 1000,
  output_tokens: 100,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
}

const bodiesOf = (requests: readonly { body: unknown }[]): string[] => requests.map(({ body }) => JSON.stringify(body))

test('a turn with a tool is reported block by block, and ends by itself', async () => {
  using folder = new TestFolder()
  const { reports, error } = await runAgent({
    cwd: folder.path,
    prompt: 'look around',
    script: { turns: [{ text: 'Looking.', tool: { name: 'Bash', input: { command: 'echo hi' } } }, 'Seen.'] },
  })
  expect(error).toBeUndefined()
  expect(reports.map((report) => report.type).filter((type) => type !== 'input_state')).toEqual([
    'agent_started',
    'content_block',
    'content_block',
    'tool_result',
    'content_block',
    'turn_ended',
  ])
  expect(reportsOf(reports, 'input_state').map(({ state }) => state)).toEqual(['queued', 'started', 'completed'])
  expect(reportsOf(reports, 'turn_ended')[0]).toMatchObject({ isError: false, error: null, text: 'Seen.' })
})

test('a conversation is resumed and forked from the store alone, in another folder', async () => {
  using first = new TestFolder()
  using second = new TestFolder()
  const transcripts = new MapTranscripts()
  const { agentSessionId, reports } = await runAgent({
    cwd: first.path,
    transcripts,
    prompt: 'remember plum',
    script: { turns: [{ text: 'Noted.', usage }] },
  })
  const resumed = await runAgent({
    cwd: second.path,
    transcripts,
    conversation: { kind: 'resume', agentSessionId },
    prompt: 'which fruit?',
    script: { turns: ['unused', { text: 'Plum.', usage }] },
  })
  const fork = randomUUID()
  const forked = await runAgent({
    cwd: second.path,
    transcripts,
    conversation: {
      kind: 'fork',
      from: agentSessionId,
      agentSessionId: fork,
      atUuid: reportsOf(reports, 'content_block')[0]!.uuid,
    },
    prompt: 'and now?',
    script: { turns: ['unused', { text: 'Still plum.', usage }] },
  })
  const again = await runAgent({
    cwd: first.path,
    transcripts,
    conversation: { kind: 'resume', agentSessionId: fork },
    prompt: 'sure?',
    script: { turns: ['unused', 'unused', { text: 'Yes.', usage }] },
  })
  expect(bodiesOf(resumed.requests)[0]).toContain('remember plum')
  expect(bodiesOf(forked.requests)[0]).toContain('remember plum')
  expect(bodiesOf(forked.requests)[0]).not.toContain('which fruit?')
  expect(bodiesOf(again.requests)[0]).toMatch(/remember plum.*and now\?.*sure\?/)
  const costs = [reports, resumed.reports, forked.reports, again.reports].map(
    (it) => reportsOf(it, 'turn_ended')[0]!.costUsd,
  )
  // 1,000 tokens in and 100 out at the list price of claude-sonnet-5-5, each time and never their sum.
  costs.forEach((cost) => expect(cost).toBeCloseTo(0.003, 6))
})

test('an interrupt ends the turn, and the next input starts another', async () => {
  using folder = new TestFolder()
  const asked = Promise.withResolvers<void>()
  const longStory = () => {
    asked.resolve()
    return { text: 'a long story of many words', chunkDelayMs: 400 }
  }
  await using agent = await startAgent({ cwd: folder.path, script: { turns: [longStory, 'Good.'] } })
  agent.say('tell')
  await asked.promise
  await agent.process.interrupt()
  const ended = await agent.until((report) => report.type === 'turn_ended')
  expect(ended).toMatchObject({ isError: true, error: { code: 'cancelled' } })
  agent.say('be short')
  agent.process.endInput()
  expect(await agent.ended).toBeUndefined()
  expect(reportsOf(agent.seen, 'turn_ended').at(-1)).toMatchObject({ isError: false, text: 'Good.' })
})

test('stop ends agent and reports within its time', async () => {
  using folder = new TestFolder()
  await using agent = await startAgent({
    cwd: folder.path,
    script: { turns: [{ text: 'never', stallAfterEvents: 1 }] },
  })
  agent.say('wait')
  await agent.until((report) => report.type === 'agent_started')
  const before = performance.now()
  await agent.process.stop()
  expect(await agent.ended).toBeUndefined()
  expect(performance.now() - before).toBeLessThan(5_000)
})

test('a fork of either kind takes the sub-agents’ transcripts along', async () => {
  using folder = new TestFolder()
  const transcripts = new MapTranscripts()
  const options = {
    agents: { gardener: { description: 'Knows plants', prompt: 'You are a gardener.', tools: ['Bash'] } },
  }
  const { agentSessionId } = await runAgent({
    cwd: folder.path,
    transcripts,
    options,
    prompt: 'ask',
    script: [
      { when: { agent: true }, reply: 'Roots.' },
      { when: { toolResult: false }, reply: { agent: { type: 'gardener', prompt: 'dig' } } },
      { reply: 'Done.' },
    ],
  })
  const copy = await createClaudeDriver().forkConversation({ transcripts, agentSessionId })
  const fork = randomUUID()
  const conversation = { kind: 'fork', from: agentSessionId, agentSessionId: fork } as const
  await runAgent({ cwd: folder.path, transcripts, options, conversation, prompt: 'more', script: [{ reply: 'ok' }] })
  const [subpath] = await transcripts.listSubpaths(agentSessionId)
  const original = await transcripts.load({ agentSessionId, subpath: subpath! })
  for (const id of [copy!.agentSessionId, fork]) {
    const taken = await transcripts.load({ agentSessionId: id, subpath: subpath! })
    expect(taken?.map(({ uuid }) => uuid)).toEqual(original?.map(({ uuid }) => uuid))
    expect(JSON.stringify(taken)).not.toContain(agentSessionId)
  }
})
