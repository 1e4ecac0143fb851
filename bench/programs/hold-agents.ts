// Holds agents in the middle of their turns and says what that costs. Run with `--expose-gc`.
import { openAgentBench } from '../support/agent-bench.ts'
import { stalledTurn, textTurn } from '../support/agent-turns.ts'
import { bareQuery, holdBareAgent } from '../support/bare-agent.ts'
import { closeRuntime } from '../support/close-runtime.ts'
import { holdPerdureAgent, perdureRun } from '../support/perdure-agent.ts'
import { childPids, memoryOfDescendants } from '../support/processes.ts'
import { say, givenTask } from '../support/program.ts'

export interface HoldTask {
  readonly kind: 'bare' | 'perdure'
  readonly agents: number
  readonly scratch: string
}

/** Megabytes, for each agent. */
export interface HeldMemory {
  readonly hostRss: number
  readonly hostHeap: number
  readonly processesRss: number
  readonly processesPss: number
}

if (import.meta.main) await hold(givenTask() as HoldTask)

async function hold({ kind, agents, scratch }: HoldTask): Promise<void> {
  const bench = await openAgentBench({ scratch })
  const others = new Set(childPids())
  // What one agent brings in once, such as code, is not the price of one more.
  for (let turn = 0; turn < 3; turn++) {
    const run = kind === 'bare' ? await bareQuery(bench, textTurn) : perdureRun(bench, textTurn)
    await run({ text: () => {} })
  }
  const before = await hostMemory()
  const ends: (() => Promise<void>)[] = []
  for (let agent = 0; agent < agents; agent++) {
    ends.push(await (kind === 'bare' ? holdBareAgent(bench, stalledTurn) : holdPerdureAgent(bench, stalledTurn)))
  }
  const after = await hostMemory()
  const processes = await memoryOfDescendants(others)
  say({
    hostRss: (after.rss - before.rss) / agents,
    hostHeap: (after.heap - before.heap) / agents,
    processesRss: processes.rssMb / agents,
    processesPss: processes.pssMb / agents,
  } satisfies HeldMemory)
  await Promise.all(ends.map((end) => end()))
  await closeRuntime()
  await bench.end()
}

async function hostMemory(): Promise<{ rss: number; heap: number }> {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss: rss / 2 ** 20, heap: (heapUsed + external) / 2 ** 20 }
}
