// A session goes to another storage with its files, and on from there; an archive of it goes anywhere.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSession, exportSession, importSession, moveSession, openSession, SqliteStorage } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const folder = mkdtempSync(join(tmpdir(), 'move-session-'))
const [laptop, server] = ['laptop', 'server'].map((name) => ({
  storage: new SqliteStorage({ dataDirectory: join(folder, name, 'data') }),
  work: join(folder, name, 'work'),
})) as [Machine, Machine]
type Machine = { storage: SqliteStorage; work: string }

const write = { name: 'Bash', input: { command: 'echo heron > birds.txt' } }
const upstream = scriptedModel([
  { when: { prompt: 'Which' }, reply: 'A heron.' },
  { when: { toolResult: false }, reply: { tool: write } },
  { reply: 'Written.' },
])
const options = { upstream, tools: ['Bash'], allowedTools: ['Bash'] }

mkdirSync(laptop.work, { recursive: true })
const session = await createSession({ title: 'Birds', storage: laptop.storage, cwd: laptop.work })
await session.run('Write a bird to birds.txt.', options)

const { summary } = await moveSession(session.id, { from: laptop.storage, to: server.storage })
console.log(`moved: ${summary?.checkpoints} checkpoints`)
await assert.rejects(openSession(session.id, { storage: laptop.storage }), { code: 'session_not_found' })

// Nothing is in the folder there: the files are restored before the agent begins.
const there = await openSession(session.id, { storage: server.storage })
const outcome = await there.run('Which one was it?', { ...options, cwd: server.work })
console.log(`${outcome.text} ${readFileSync(join(server.work, 'birds.txt'), 'utf8').trim()}`)

const archive = join(folder, 'birds.tar.gz')
await exportSession(there, archive)
const copy = await importSession(archive, { storage: laptop.storage, asNew: true, into: join(folder, 'copy') })
console.log(`a copy of ${copy.session.record.title}, which ${copy.canGoOn ? 'can' : 'cannot'} go on`)

await Promise.all([laptop.storage.close(), server.storage.close()])
rmSync(folder, { recursive: true, force: true })
