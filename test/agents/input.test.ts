import { describe, expect, test } from 'vitest'
import { bodiesOf, call, reportsOf, runAgent, startAgent, TestFolder, wordsOf } from './agent-rig.ts'

const redDot =
  'iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg=='

test('images and documents', async () => {
  using folder = new TestFolder()
  const { requests, reports } = await runAgent({
    cwd: folder.path,
    prompt: [
      { type: 'text', text: 'what is this?' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: redDot } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a note on dots' } },
    ],
    script: { turns: ['a dot'] },
  })
  expect(wordsOf(bodiesOf(requests)[0])).toMatch(/"type":"image".*"media_type":"image\/png"/)
  expect(wordsOf(bodiesOf(requests)[0])).toContain('a note on dots')
  expect(reportsOf(reports, 'turn_ended')[0]?.text).toBe('a dot')
})

test('verbatimPrompts', async () => {
  using folder = new TestFolder()
  const options = { verbatimPrompts: true }
  const { requests } = await runAgent({ cwd: folder.path, prompt: '/cost', options, script: { turns: ['a word'] } })
  expect(wordsOf(bodiesOf(requests)[0])).toContain('/cost')
})

describe('messages that come while a turn runs', () => {
  const whileWorking = async (priority: 'now' | 'next' | 'later') => {
    using folder = new TestFolder()
    await using agent = await startAgent({
      cwd: folder.path,
      options: { allowedTools: ['Bash(*)'] },
      script: [
        { when: { lastUserText: 'and this' }, reply: 'both done' },
        { when: { toolResult: false }, reply: call('Bash', { command: 'sleep 0.6; echo worked' }) },
        { reply: 'first done' },
      ],
    })
    const first = agent.say('do that')
    await agent.until((report) => report.type === 'content_block')
    const second = agent.say('and this', priority)
    agent.process.endInput()
    expect(await agent.ended).toBeUndefined()
    return { first, second, ends: reportsOf(agent.seen, 'turn_ended'), agent }
  }

  test('priority next joins the running turn', async () => {
    const { first, second, ends, agent } = await whileWorking('next')
    expect(ends).toMatchObject([{ isError: false, inputUuids: [first, second] }])
    expect(wordsOf(bodiesOf(agent.requests)[1])).toContain('and this')
  })

  test('priority later gets a turn of its own', async () => {
    const { first, second, ends } = await whileWorking('later')
    expect(ends.map(({ text }) => text)).toEqual(['first done', 'both done'])
    expect(ends.map(({ inputUuids }) => inputUuids)).toEqual([[first], [second]])
  })

  test('priority now ends the running turn', async () => {
    const { first, second, ends, agent } = await whileWorking('now')
    expect(ends[0]).toMatchObject({ terminalReason: 'aborted_tools' })
    expect(ends.at(-1)?.text).toBe('both done')
    const last = new Map(reportsOf(agent.seen, 'input_state').map(({ inputUuid, state }) => [inputUuid, state]))
    expect(Object.fromEntries(last)).toEqual({ [first]: 'cancelled', [second]: 'completed' })
  })
})
