// One run in a process of its own, to be killed. Arguments as JSON: data directory, cwd, script, prompt, session.
import { runAgent, type RunAgentOptions } from '../../../src/index.ts'
import { scriptedModel, type Script } from '../../../src/testing/index.ts'

const { script, ...options } = JSON.parse(process.argv[2] ?? '{}') as RunAgentOptions & { script: Script }
const run = runAgent({ ...options, upstream: scriptedModel(script) })
for await (const event of run) process.stdout.write(`${JSON.stringify(event)}\n`)
process.stdout.write(`${JSON.stringify({ type: 'outcome', ...(await run) })}\n`)
