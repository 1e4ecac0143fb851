// A call that no rule allows ends the run. A person answers when he has the time; a later run goes on with the turn.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSession, runAgent } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const cwd = mkdtempSync(join(tmpdir(), 'perdure-example-'))
const dataDirectory = join(cwd, '.perdure')
const write = { name: 'Write', input: { file_path: '{{cwd}}/note.txt', content: 'hello' } }
const upstream = process.env['ANTHROPIC_API_KEY'] ? undefined : scriptedModel({ turns: [{ tool: write }, 'Written.'] })

const first = await runAgent({ prompt: 'Write hello to note.txt.', cwd, approvals: 'stop', dataDirectory, upstream })
if (first.status !== 'requires_action') throw new Error(`The run did not stop: ${first.status}`)
for (const { toolName, input } of first.pending) console.log(`waits: ${toolName} ${JSON.stringify(input)}`)
assert.equal(existsSync(join(cwd, 'note.txt')), false)

// Hours later, in any process that finds the same data directory:
const session = await openSession(first.sessionId, { dataDirectory })
const { awaitingApproval } = await session.state()
assert.deepEqual(
  awaitingApproval,
  first.pending.map(({ id }) => id),
)
const second = await session.approve(first.pending[0]!.id, { upstream }) // or session.deny(id, 'Not there, please.')
console.log(`${second.status}: ${second.text}`)
assert.equal(second.status, 'completed')
assert.equal(existsSync(join(cwd, 'note.txt')), true)
