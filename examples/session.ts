// A conversation of two runs. The second run could be in another process, on another day: it needs the id alone.
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSession, listSessions, openSession } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const model = scriptedModel({ turns: ['Noted: 42.', 'The number was 42.'] })
const upstream = process.env['ANTHROPIC_API_KEY'] ? undefined : model
// Without this, sessions are kept in the nearest `.perdure` folder.
const dataDirectory = mkdtempSync(join(tmpdir(), 'perdure-example-'))

const { id } = await createSession({ title: 'Numbers', tags: ['example'], dataDirectory })
const first = await (await openSession(id, { dataDirectory })).run('Remember the number 42.', { upstream })
console.log(`first run: ${first.text}`)

const session = await openSession(id, { dataDirectory })
const second = await session.run('Which number was it?', { upstream })
console.log(`second run: ${second.text}`)
assert.match(second.text, /42/)

// What the log holds is what happened, in the words of the Claude Managed Agents API.
const events = await session.events({ types: ['user.message', 'agent.message'] })
console.log(events.map((event) => `${event.sequence} ${event.type}`).join('\n'))
assert.equal((await session.state()).turns, 2)
assert.deepEqual(
  (await listSessions({ tag: 'example', dataDirectory })).map(({ record }) => record.title),
  ['Numbers'],
)
if (upstream !== undefined) assert.match(JSON.stringify(model.requests.at(-1)), /Remember the number 42/)
