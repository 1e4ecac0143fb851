// A run is taken down and played again, without a model; a change in what it works on is found.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStorage, runAgent } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const model = scriptedModel([
  { when: { toolResult: false }, reply: { tool: { name: 'Read', input: { file_path: '{{cwd}}/birds.txt' } } } },
  { reply: 'Two birds: a heron and an owl.' },
])
const upstream = process.env['ANTHROPIC_API_KEY'] ? undefined : model

const folder = mkdtempSync(join(tmpdir(), 'perdure-example-'))
const birds = (names: string): void => writeFileSync(join(folder, 'birds.txt'), names)
const cassette = join(folder, 'cassette')
const question = {
  prompt: 'Read birds.txt. Which birds does it name? One sentence.',
  cwd: folder,
  storage: new MemoryStorage(),
  tools: ['Read'],
  allowedTools: ['Read'],
}

birds('heron\nowl\n')
const recorded = await runAgent({ ...question, upstream, record: cassette })
const replayed = await runAgent({ ...question, replay: cassette })
console.log(`recorded: ${recorded.text}\nreplayed: ${replayed.text}`)

birds('heron\nowl\nrook\n')
const changed = await runAgent({ ...question, replay: cassette })
assert(changed.status === 'failed')
console.log(
  `changed:  ${changed.error.message
    .split('\n')
    .find((line) => line.includes('rook'))
    ?.trim()}`,
)

rmSync(folder, { recursive: true, force: true })
assert.equal(recorded.status, 'completed')
assert.equal(replayed.text, recorded.text)
assert.equal('code' in changed.error && changed.error.code, 'replay_diverged')
