import type { Row, Section } from '../report/section.ts'
import { openAgentBench, type AgentBench } from '../support/agent-bench.ts'
import { bashTurn } from '../support/agent-turns.ts'
import { alternate } from '../support/alternate.ts'
import { bareQuery } from '../support/bare-agent.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { closeRuntime } from '../support/close-runtime.ts'
import { perdureRun } from '../support/perdure-agent.ts'
import type { PreparedTurn } from '../support/prepared-turn.ts'
import { childPids, memoryOfDescendants } from '../support/processes.ts'
import { timeTurn } from '../support/turn-timing.ts'

interface Together {
  readonly wallMs: number
  readonly firstTokensMs: readonly number[]
  readonly peakPssMb: number
}

/** Many agents at once: bare, all start together; Perdure starts no more at a time than there are cores. */
export async function measureConcurrency(settings: BenchSettings): Promise<Section> {
  const bench = await openAgentBench(settings)
  try {
    const rows: Row[] = []
    for (const agents of settings.quick ? [2] : [1, 2, 4, 8, 16]) rows.push(...(await compare(bench, agents, settings)))
    return {
      title: 'Many agents at once',
      about: `Each runs a turn with ${bashTurn.name}; all are asked for at once. Bare \`query()\` starts them all together, Perdure as many at a time as there are cores.`,
      rows,
    }
  } finally {
    await closeRuntime()
    await bench.end()
  }
}

async function compare(bench: AgentBench, agents: number, { quick, progress }: BenchSettings): Promise<Row[]> {
  const variants = {
    bare: async () => together(await Promise.all(times(agents, () => bareQuery(bench, bashTurn)))),
    perdure: () => together(times(agents, () => perdureRun(bench, bashTurn))),
  }
  const { bare, perdure } = await alternate<keyof typeof variants, Together>(variants, {
    rounds: quick ? 1 : agents <= 4 ? 3 : 2,
    // The larger groups find everything warm.
    warmUp: agents === 1,
    progress: (text) => progress(`${agents} at once, ${text}`),
  })
  const row = (what: string, unit: Row['unit'], pick: (sample: Together) => number): Row => ({
    what: `${agents} at once: ${what}`,
    unit,
    bare: { name: '`query()`', values: bare.map(pick) },
    perdure: { name: '`runAgent`', values: perdure.map(pick) },
  })
  return [
    row('until the last is done', 'ms', (sample) => sample.wallMs),
    row(
      'first token, mean of all',
      'ms',
      ({ firstTokensMs }) => firstTokensMs.reduce((sum, ms) => sum + ms, 0) / agents,
    ),
    row('first token, of the last to get one', 'ms', ({ firstTokensMs }) => Math.max(...firstTokensMs)),
    row('largest PSS of all agents’ processes', 'MB', (sample) => sample.peakPssMb),
  ]
}

async function together(runs: readonly PreparedTurn[]): Promise<Together> {
  const peak = watchMemory()
  const startedAt = performance.now()
  const timings = await Promise.all(runs.map(timeTurn))
  const wallMs = performance.now() - startedAt
  return { wallMs, firstTokensMs: timings.map(({ firstTokenMs }) => firstTokenMs), peakPssMb: await peak() }
}

/** Looks every half second at what was started since; returns the way to stop, and to the largest sum seen. */
function watchMemory(): () => Promise<number> {
  const others = new Set(childPids())
  let peakMb = 0
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      peakMb = Math.max(peakMb, (await memoryOfDescendants(others)).pssMb)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })()
  return async () => {
    isOver = true
    await watching
    return peakMb
  }
}

const times = <Item>(count: number, make: () => Item): Item[] => Array.from({ length: count }, make)
