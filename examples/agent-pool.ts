// Agents that are up before they are needed. Each serves one run; the pool starts the next.
import assert from 'node:assert/strict'
import { createAgentPool, MemoryStorage } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const pool = createAgentPool({
  size: 1,
  systemPrompt: 'You answer in one word.',
  storage: new MemoryStorage(),
  upstream: process.env['ANTHROPIC_API_KEY'] ? undefined : scriptedModel([{ reply: 'Hello.' }]),
})

async function firstWordMs(workspaceId: string): Promise<number> {
  const askedAt = performance.now()
  let firstAt = 0
  const run = pool.runAgent({ prompt: 'Greet me.', workspaceId })
  for await (const event of run) if (event.type === 'event_delta') firstAt ||= performance.now()
  assert.equal((await run).status, 'completed')
  return Math.round(firstAt - askedAt)
}

try {
  // A ready agent belongs to one workspace: what one tenant warmed, no other can use.
  await pool.warm({ workspaceId: 'blue' })
  console.log(`ready agent: first word after ${await firstWordMs('blue')} ms`)
  console.log(`new agent:   first word after ${await firstWordMs('green')} ms`)
} finally {
  await pool.close()
}
