import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Goal, Row, Section } from '../report/section.ts'
import { alternate } from '../support/alternate.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { cpuOfEndedChildrenMs } from '../support/processes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cli = 'dist/cli/bin.js'

/** The kernel counts CPU in steps of 10 ms; so many runs together make one of 2 ms. */
const runsTogether = 5

/** What it costs to start: the built package, beside Node itself. */
export async function measureStart({ quick, progress }: BenchSettings): Promise<Section> {
  if (!existsSync(`${root}/${cli}`)) throw new Error('The subject start measures the built package: npm run build')
  const variants = {
    node: () => cpuOf(['--input-type=module', '--eval', '']),
    help: () => cpuOf([cli, '--help']),
    library: () => cpuOf(['--input-type=module', '--eval', "import 'perdure'"]),
    agentSdk: () => cpuOf(['--input-type=module', '--eval', "import '@anthropic-ai/claude-agent-sdk'"]),
  }
  const samples = await alternate<keyof typeof variants, number>(variants, { rounds: quick ? 1 : 9, progress })
  const row = (what: string, values: readonly number[], goal?: Goal): Row => ({
    what,
    unit: 'ms',
    bare: { name: '`node`', values: samples.node },
    perdure: { name: '', values },
    ...(goal === undefined ? {} : { goal }),
  })
  return {
    title: 'Start',
    about: `CPU of one process from start to end, the mean of ${runsTogether}; bare is Node that does nothing.`,
    rows: [
      row('`perdure --help`', samples.help, { of: 'added', atMost: 150 }),
      row("`import 'perdure'`", samples.library),
      row('for comparison: import of the Agent SDK', samples.agentSdk),
    ],
  }
}

async function cpuOf(nodeArguments: readonly string[]): Promise<number> {
  const before = cpuOfEndedChildrenMs()
  for (let run = 0; run < runsTogether; run++) {
    const child = spawn(process.execPath, nodeArguments, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    const [exitCode] = (await once(child, 'exit')) as [number | null]
    if (exitCode !== 0) throw new Error(`node ${nodeArguments.join(' ')} ended with ${exitCode}`)
  }
  return (cpuOfEndedChildrenMs() - before) / runsTogether
}
