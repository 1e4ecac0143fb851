// One run: its live text, then its outcome.
import assert from 'node:assert/strict'
import { MemoryStorage, runAgent } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const upstream = process.env['ANTHROPIC_API_KEY'] ? undefined : scriptedModel({ turns: ['Hello from a script.'] })

const run = runAgent({ prompt: 'Say hello in one sentence.', storage: new MemoryStorage(), upstream })
let live = ''
for await (const event of run) {
  if (event.type !== 'event_delta') continue
  live += event.delta.content.text
  process.stdout.write(event.delta.content.text)
}

const outcome = await run
console.log(`\n${outcome.status}, ${outcome.usage.modelRequests} model request, $${outcome.costUsd}`)
assert.equal(outcome.status, 'completed')
assert.equal(live, outcome.text)
