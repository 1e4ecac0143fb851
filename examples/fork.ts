// Two ways on from one conversation. The original does not notice.
import assert from 'node:assert/strict'
import { createSession, MemoryStorage } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const model = scriptedModel([
  { when: { prompt: 'name' }, reply: 'Call it Heron.' },
  { when: { prompt: 'shorter' }, reply: 'Then Owl.' },
  { when: { prompt: 'why' }, reply: 'Herons are patient.' },
])
const upstream = process.env['ANTHROPIC_API_KEY'] ? undefined : model

const session = await createSession({ title: 'A name', storage: new MemoryStorage() })
await session.run('Suggest a name for a patient program. The name of a bird, in one sentence.', { upstream })

const fork = await session.fork('A shorter name')
const [aside, onward] = await Promise.all([
  fork.run('Now a shorter one, in one sentence.', { upstream }),
  session.run('In one sentence, why this one?', { upstream }),
])
console.log(`fork:     ${aside.text}\noriginal: ${onward.text}`)

const said = async (one: typeof session) =>
  JSON.stringify(await one.events({ types: ['user.message', 'agent.message'] }))
assert.equal(aside.status, 'completed')
assert.equal(onward.status, 'completed')
assert.doesNotMatch(await said(session), /shorter/)
assert.equal((await fork.events({ limit: 1 }))[0]?.type, 'perdure.session_forked')
