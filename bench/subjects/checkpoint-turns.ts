import { join } from 'node:path'
import type { Row, Section } from '../report/section.ts'
import { openAgentBench, type AgentBench } from '../support/agent-bench.ts'
import { bashTurn, textTurn, type AgentTurn } from '../support/agent-turns.ts'
import { alternate } from '../support/alternate.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { closeRuntime } from '../support/close-runtime.ts'
import { perdureRun } from '../support/perdure-agent.ts'
import { writeSampleTree } from '../support/sample-tree.ts'
import { timeTurn, type TurnTiming } from '../support/turn-timing.ts'

/** What the saving of its work tree costs a turn. */
export async function measureCheckpointTurns(settings: BenchSettings): Promise<Section> {
  const rows: Row[] = []
  for (const files of settings.quick ? [100] : [100, 3_000, 50_000]) {
    const bench = await openAgentBench(settings)
    try {
      const root = join(bench.cwd, 'tree')
      writeSampleTree(root, files)
      const here = { ...bench, cwd: root }
      const label = `${files.toLocaleString('en-US')} files`
      for (const turn of [textTurn, bashTurn]) rows.push(...(await measureTurn(here, { turn, label, settings })))
    } finally {
      await closeRuntime()
      await bench.end()
    }
  }
  return {
    title: 'A turn with its work tree saved',
    about:
      'One turn of a new session in a known folder, from call to outcome, through `runAgent` with SQLite: as it is, against `checkpoints: "off"`.',
    rows,
  }
}

interface Case {
  readonly turn: AgentTurn
  readonly label: string
  readonly settings: BenchSettings
}

async function measureTurn(bench: AgentBench, { turn, label, settings }: Case): Promise<Row[]> {
  const timed = (checkpoints: 'off' | 'turn') => () => timeTurn(perdureRun(bench, turn, { checkpoints }))
  const { off, on } = await alternate(
    { off: timed('off'), on: timed('turn') },
    {
      rounds: settings.quick ? 1 : 9,
      progress: (text) => settings.progress(`${label}, ${turn.name}, ${text}`),
    },
  )
  const row = (what: string, pick: (timing: TurnTiming) => number): Row => ({
    what: `${label}, ${turn.name}: ${what}`,
    unit: 'ms',
    bare: { name: '`off`', values: off.map(pick) },
    perdure: { name: '`turn`', values: on.map(pick) },
  })
  return [
    { ...row('wall', (timing) => timing.wallMs), goal: { of: 'ratio', atMost: 1.05 } },
    { ...row('first token', (timing) => timing.firstTokenMs), goal: { of: 'added', atMost: 10 } },
    row('CPU of the host process', (timing) => timing.hostCpuMs),
  ]
}
