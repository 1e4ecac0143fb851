// A call that no rule allows is held, and the program answers it while the run waits.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStorage, runAgent } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const cwd = mkdtempSync(join(tmpdir(), 'perdure-example-'))
const write = { name: 'Write', input: { file_path: '{{cwd}}/note.txt', content: 'hello' } }
const upstream = process.env['ANTHROPIC_API_KEY'] ? undefined : scriptedModel({ turns: [{ tool: write }, 'Written.'] })

const run = runAgent({
  prompt: 'Write the word hello to note.txt, in lower case.',
  cwd,
  approvals: 'wait',
  storage: new MemoryStorage(),
  upstream,
})
const calls = new Map<string, string>()
for await (const event of run) {
  if (event.type === 'agent.tool_use') calls.set(event.id, `${event.name} ${JSON.stringify(event.input)}`)
  if (event.type !== 'session.status_idle' || event.stop_reason.type !== 'requires_action') continue
  for (const id of event.stop_reason.event_ids) {
    console.log(`allowed: ${calls.get(id)}`)
    await run.approve(id) // or run.deny(id, 'Not there, please.')
  }
}

const outcome = await run
console.log(`${outcome.status}: ${outcome.text}`)
assert.equal(outcome.status, 'completed')
assert.match(readFileSync(join(cwd, 'note.txt'), 'utf8'), /hello/)
