import { expect, it } from 'vitest'
import { MemoryStorage, openSession, runAgent } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'

it('a call that waits for a person is closed when the session goes on with other words', async () => {
  const storage = new MemoryStorage()
  const common = { storage, cwd: scratchFolder(), tools: ['Bash'] }
  const call = { name: 'Bash', input: { command: 'touch made' } }
  const first = await runAgent({ ...common, prompt: 'Go.', upstream: scriptedModel({ turns: [{ tool: call }] }) })
  expect(first.status).toBe('requires_action')
  const upstream = scriptedModel({ rules: [{ reply: 'Something else.' }] })
  const second = await runAgent({ ...common, prompt: 'Never mind.', sessionId: first.sessionId, upstream })
  expect(second).toMatchObject({ status: 'completed', text: 'Something else.' })
  const session = await openSession(first.sessionId, { storage })
  expect(await session.state()).toMatchObject({ openTools: {}, awaitingApproval: [] })
  const [called] = await session.events({ types: ['agent.tool_use'] })
  expect(await session.events({ types: ['perdure.tool_results_unknown'] })).toMatchObject([
    { tool_use_event_ids: [called!.id] },
  ])
})
