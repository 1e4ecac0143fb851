// An agent ruins a file. The session goes back to before that, with the file, and does it otherwise; what it left stays.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSession, MemoryStorage } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const cwd = await mkdtemp(join(tmpdir(), 'rewind-'))
const dataDirectory = await mkdtemp(join(tmpdir(), 'rewind-data-'))
const file = join(cwd, 'birds.txt')
await writeFile(file, 'heron\nowl\n')

const bash = (command: string) => ({ tool: { name: 'Bash', input: { command } } })
const model = scriptedModel([
  { when: { toolResult: true }, reply: 'Done.' },
  { when: { prompt: 'Shorten' }, reply: bash(`: > ${file}`) },
  { when: { prompt: 'first line' }, reply: bash(`echo heron > ${file}`) },
])
const upstream = process.env['ANTHROPIC_API_KEY'] ? undefined : model
const options = { upstream, tools: ['Bash'], allowedTools: ['Bash'] }

const session = await createSession({ storage: new MemoryStorage(), dataDirectory, cwd })
await session.run(`Shorten ${file} with Bash.`, options)
const ruined = await session.state()
console.log(`after the first turn:  ${JSON.stringify(await readFile(file, 'utf8'))}`)

const { files } = await session.rewind(0)
console.log(`after the rewind:      ${JSON.stringify(await readFile(file, 'utf8'))}, ${files?.changes} file put back`)
assert.equal(await readFile(file, 'utf8'), 'heron\nowl\n')

await session.run(`Keep the first line of ${file} alone, with Bash.`, options)
console.log(`after another try:     ${JSON.stringify(await readFile(file, 'utf8'))}`)

// Nothing is lost: a fork has its own folder, as it was on the branch that was left.
const fork = await session.fork('As it was', { at: ruined.lastSequence })
assert.notEqual(fork.record.workingDirectory, cwd)
console.log(
  `in a fork of that turn: ${JSON.stringify(await readFile(join(fork.record.workingDirectory, 'birds.txt'), 'utf8'))}`,
)

for (const folder of [cwd, dataDirectory]) await rm(folder, { recursive: true })
