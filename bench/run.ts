// `npm run bench -- [subject…] [--quick] [--write]`: measures Perdure beside the bare thing, in one run.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, describeVersions } from './report/machine.ts'
import { renderSection } from './report/render-section.ts'
import { writeResults } from './report/results-file.ts'
import type { Section } from './report/section.ts'
import type { BenchSettings } from './support/bench-settings.ts'

type Subject = (settings: BenchSettings) => Promise<Section>

const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  agents: async () => (await import('./subjects/agents.ts')).measureAgents,
  memory: async () => (await import('./subjects/memory.ts')).measureMemory,
  concurrency: async () => (await import('./subjects/concurrency.ts')).measureConcurrency,
  'event-log': async () => (await import('./subjects/event-log.ts')).measureEventLog,
  'event-logs': async () => (await import('./subjects/event-logs.ts')).measureEventLogs,
  resume: async () => (await import('./subjects/resume.ts')).measureResume,
  checkpoints: async () => (await import('./subjects/checkpoints.ts')).measureCheckpoints,
  'checkpoint-turns': async () => (await import('./subjects/checkpoint-turns.ts')).measureCheckpointTurns,
  engines: async () => (await import('./subjects/engines.ts')).measureEngines,
  gateway: async () => (await import('./subjects/gateway.ts')).measureGateway,
  gateways: async () => (await import('./subjects/gateways.ts')).measureGateways,
  start: async () => (await import('./subjects/start.ts')).measureStart,
}

const { values: flags, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
  allowPositionals: true,
})
/** Beside programs that are installed apart from this project. */
const onlyWhenNamed = new Set(['checkpoint-turns', 'event-logs', 'gateways'])
const chosen = positionals.length > 0 ? positionals : Object.keys(subjects).filter((name) => !onlyWhenNamed.has(name))
const unknown = chosen.filter((name) => !Object.hasOwn(subjects, name))
if (unknown.length > 0) {
  console.error(`There is no subject ${unknown.join(', ')}. There are: ${Object.keys(subjects).join(', ')}.`)
  process.exit(64)
}
if (flags.quick && flags.write) {
  console.error('A quick run measures nothing worth keeping: leave out --quick or --write.')
  process.exit(64)
}

const scratch = await mkdtemp(join(tmpdir(), 'perdure-bench-'))
try {
  for (const name of chosen) await measure(name)
} finally {
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
}

async function measure(name: string): Promise<void> {
  const machine = describeMachine()
  const subject = await subjects[name]!()
  const progress = (text: string): void => console.error(`${name}: ${text}`)
  const table = renderSection(await subject({ quick: flags.quick, scratch, progress }))
  const today = new Date().toISOString().slice(0, 10)
  const place = `\`npm run bench -- ${name}\`, ${today}. ${machine}. ${describeVersions()}.`
  console.log(`${table}\n\n${place}\n`)
  if (flags.write) writeResults(name, `${table}\n\n${place}`)
}
