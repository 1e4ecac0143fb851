import type { Goal, Row, Section } from '../report/section.ts'
import { openAgentBench, type AgentBench } from '../support/agent-bench.ts'
import { bashTurn, textTurn, type AgentTurn } from '../support/agent-turns.ts'
import { alternate } from '../support/alternate.ts'
import { barePrewarm, bareQuery, bareStartup } from '../support/bare-agent.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { perdurePool, perdureRun } from '../support/perdure-agent.ts'
import { timeColdTurn, timeTurn, type TurnTiming } from '../support/turn-timing.ts'
import { closeRuntime } from '../support/close-runtime.ts'

/** One agent at a time: what Perdure costs a turn, and what a warm start saves. */
export async function measureAgents(settings: BenchSettings): Promise<Section> {
  const bench = await openAgentBench(settings)
  try {
    const rows: Row[] = []
    for (const turn of [textTurn, bashTurn]) rows.push(...(await measureTurn(bench, turn, settings)))
    return {
      title: 'One agent',
      about:
        'One turn from call to outcome. Cold: the same prompt, options and environment through `query()` and through `runAgent` with SQLite. Warm: the agent’s process is up before the call; all against the cold `query()`.',
      rows,
    }
  } finally {
    await closeRuntime()
    await bench.end()
  }
}

async function measureTurn(bench: AgentBench, turn: AgentTurn, { quick, progress }: BenchSettings): Promise<Row[]> {
  const variants = {
    bare: async () => timeColdTurn(await bareQuery(bench, turn)),
    perdure: () => timeColdTurn(perdureRun(bench, turn)),
    startup: async () => timeTurn(await bareStartup(bench, turn)),
    prewarm: async () => timeTurn(await barePrewarm(bench, turn)),
    pool: () => timeWithPool(bench, turn),
  }
  const { bare, perdure, startup, prewarm, pool } = await alternate<keyof typeof variants, Sample>(variants, {
    rounds: quick ? 1 : 9,
    progress: (text) => progress(`${turn.name}, ${text}`),
  })
  const row = (what: string, pick: (sample: Sample) => number, { name, samples, goal }: Side): Row => ({
    what: `${turn.name}: ${what}`,
    unit: 'ms',
    bare: { name: '`query()`', values: bare.map(pick) },
    perdure: { name, values: samples.map(pick) },
    ...(goal === undefined ? {} : { goal }),
  })
  const wall = (sample: Sample): number => sample.wallMs
  const firstToken = (sample: Sample): number => sample.firstTokenMs
  const cold: Side = { name: '`runAgent`', samples: perdure }
  const warm: Side = { name: '`createAgentPool`', samples: pool }
  return [
    row('wall, cold', wall, { ...cold, goal: { of: 'ratio', atMost: 1.05 } }),
    row('first token, cold', firstToken, cold),
    row('CPU of the host process', (sample) => sample.hostCpuMs, cold),
    row('CPU of the agent’s processes', (sample) => sample.agentCpuMs ?? Number.NaN, cold),
    row('first token, the SDK’s own warm start', firstToken, { name: '`startup()`', samples: startup }),
    row('first token, the SDK’s own spare process', firstToken, { name: '`prewarm()`', samples: prewarm }),
    row('first token, warm', firstToken, { ...warm, goal: { of: 'ratio', atMost: 0.3 } }),
    row('wall, warm', wall, warm),
  ]
}

interface Side {
  readonly name: string
  readonly samples: readonly Sample[]
  readonly goal?: Goal
}

type Sample = TurnTiming & { readonly agentCpuMs?: number }

async function timeWithPool(bench: AgentBench, turn: AgentTurn): Promise<TurnTiming> {
  const { run, close } = await perdurePool(bench, turn)
  try {
    return await timeTurn(run)
  } finally {
    await close()
  }
}
