// A tool that runs in this process, and a sub-agent that has nothing else.
import assert from 'node:assert/strict'
import { createSdkMcpServer, tool } from '@anthropic-ai/claude-agent-sdk'
import { MemoryStorage, runAgent } from 'perdure'
import { scriptedModel } from 'perdure/testing'
import { z } from 'zod'

const asked: string[] = []
const stock = tool(
  'stock',
  'How many of an article are in the store.',
  { article: z.string() },
  async ({ article }) => {
    asked.push(article)
    return { content: [{ type: 'text', text: `${article}: 7` }] }
  },
)

const model = scriptedModel([
  {
    when: { agent: true, toolResult: false },
    reply: { tool: { name: 'mcp__store__stock', input: { article: 'lamp' } } },
  },
  { when: { agent: true }, reply: 'There are 7 lamps.' },
  { when: { toolResult: false }, reply: { agent: { type: 'clerk', prompt: 'How many lamps are there?' } } },
  { reply: 'The clerk says: 7 lamps.' },
])

const run = runAgent({
  prompt: 'Ask the clerk how many of the article "lamp" there are, and tell me.',
  mcpServers: { store: createSdkMcpServer({ name: 'store', tools: [stock] }) },
  agents: {
    clerk: {
      description: 'Knows the store.',
      prompt: 'You are the clerk. Look the article up with your tool, then answer in one sentence.',
      tools: ['mcp__store__stock'],
    },
  },
  allowedTools: ['mcp__store__stock'],
  storage: new MemoryStorage(),
  upstream: process.env['ANTHROPIC_API_KEY'] ? undefined : model,
})
for await (const event of run.events()) {
  if (event.type === 'session.thread_created') console.log(`sub-agent: ${event.agent_name}`)
  if (event.type === 'agent.mcp_tool_use') console.log(`${event.mcp_server_name}: ${JSON.stringify(event.input)}`)
}
const outcome = await run
console.log(outcome.text)
assert.equal(outcome.status, 'completed')
assert.deepEqual(asked, ['lamp'])
assert.match(outcome.text, /7/)
