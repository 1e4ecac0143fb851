import type { HeldMemory, HoldTask } from '../programs/hold-agents.ts'
import type { Goal, Row, Section } from '../report/section.ts'
import { alternate } from '../support/alternate.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { startProgram } from '../support/program.ts'

/** What one more live agent costs, in the host's process and beside it. */
export async function measureMemory({ quick, scratch, progress }: BenchSettings): Promise<Section> {
  const agents = quick ? 2 : 8
  const variants = {
    bare: () => holdAgents({ kind: 'bare', agents, scratch }),
    perdure: () => holdAgents({ kind: 'perdure', agents, scratch }),
  }
  const { bare, perdure } = await alternate<keyof typeof variants, HeldMemory>(variants, {
    rounds: quick ? 1 : 3,
    // Each has processes of its own, which nothing could warm.
    warmUp: false,
    progress,
  })
  const row = (what: string, pick: (memory: HeldMemory) => number, goal?: Goal) =>
    ({
      what: `${what}, for each agent`,
      unit: 'MB',
      bare: { name: '`query()`', values: bare.map(pick) },
      perdure: { name: '`runAgent`', values: perdure.map(pick) },
      ...(goal === undefined ? {} : { goal }),
    }) satisfies Row
  return {
    title: 'Memory of a live agent',
    about: `${agents} agents in the middle of a turn that goes no further, in a fresh host process each time; what the host holds more than before, after garbage collection, and what the agents’ processes hold (Perdure’s include what lets the kernel reap them).`,
    rows: [
      row('RSS of the host process', (memory) => memory.hostRss, { of: 'added', atMost: 3 }),
      row('JavaScript heap and buffers of the host', (memory) => memory.hostHeap),
      row('RSS of the agent’s processes', (memory) => memory.processesRss),
      row('PSS of the agent’s processes', (memory) => memory.processesPss),
      row('host RSS and agent’s PSS together', (memory) => memory.hostRss + memory.processesPss, {
        of: 'added',
        atMost: 3,
      }),
    ],
  }
}

async function holdAgents(task: HoldTask): Promise<HeldMemory> {
  const program = startProgram<HeldMemory>('hold-agents.ts', { task, nodeOptions: ['--expose-gc'] })
  const memory = await program.next()
  await program.end()
  return memory
}
