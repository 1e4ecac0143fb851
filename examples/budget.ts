// What runs cost, a limit that holds, and how a session goes on once the limit is raised.
import assert from 'node:assert/strict'
import { costs, listBudgets, MemoryStorage, openSession, runAgent, setBudget } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const storage = new MemoryStorage()
const options = {
  storage,
  model: 'claude-haiku-4-5',
  tools: ['Bash'],
  allowedTools: ['Bash(echo:*)'],
  upstream: process.env['ANTHROPIC_API_KEY']
    ? undefined
    : scriptedModel([
        { when: { toolResult: true }, reply: 'It says hello.' },
        { reply: { tool: { name: 'Bash', input: { command: 'echo hello' } } } },
      ]),
}

await setBudget({ storage, scope: 'user', id: 'ada', window: 'month', maxCostUSD: 5 })

// Too little for any call: nothing is asked, nothing is spent, and the run says what is missing.
const refused = await runAgent({ ...options, userId: 'ada', prompt: 'Run echo hello.', budget: { maxCostUSD: 0.0001 } })
assert.equal(refused.status, 'budget_reached')
assert.equal(refused.costUsd, 0)
console.log(refused.error.message)

// The session goes on where it stopped; no prompt is needed.
const session = await openSession(refused.sessionId, { storage })
const finished = await session.run(undefined, {
  ...options,
  budget: { maxCostUSD: 1 },
  onCostUpdate: (costUsd, { call }) => console.log(`$${costUsd.toFixed(6)} after a call of ${call.model}`),
})
assert.equal(finished.status, 'completed')
assert.ok(finished.costUsd > 0 && finished.costUsd <= 1)

// The ledger knows for whom it was, also in later runs of the session.
const [row] = await costs({ storage, groupBy: ['user'] })
assert.deepEqual(row?.group, { user: 'ada' })
const [budget] = await listBudgets({ storage })
assert.equal(budget?.spentUsd, row.costUsd)
console.log(`ada has spent $${budget.spentUsd.toFixed(6)} of $${budget.limitUsd} this month`)
