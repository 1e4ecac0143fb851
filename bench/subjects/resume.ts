import { newEventId, newRunId, type SessionId } from '../../src/domain/ids.ts'
import { SqliteStorage, type EventDraft } from '../../src/index.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import { ownerOfThisProcess } from '../../src/stores/leases/process-liveness.ts'
import type { Row, Section } from '../report/section.ts'
import { openAgentBench, type AgentBench } from '../support/agent-bench.ts'
import { textTurn } from '../support/agent-turns.ts'
import { alternate } from '../support/alternate.ts'
import { bareSession } from '../support/bare-agent.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { closeRuntime } from '../support/close-runtime.ts'
import { perdureSession } from '../support/perdure-agent.ts'
import { timeTurn } from '../support/turn-timing.ts'

/** One more turn of a session with a long history. */
export async function measureResume(settings: BenchSettings): Promise<Section> {
  const bench = await openAgentBench(settings)
  const rows: Row[] = []
  try {
    for (const events of settings.quick ? [100] : [1_000, 10_000]) {
      settings.progress(`${events} events`)
      rows.push(...(await measure(bench, { events, rounds: settings.quick ? 1 : 7 })))
    }
  } finally {
    await closeRuntime()
    await bench.end()
  }
  return {
    title: 'Resume',
    about:
      'One more turn of a session, with so many events in its log; both agents know the same few messages. Bare: `query({ resume })` from the files that the agent itself keeps.',
    rows,
  }
}

async function measure(bench: AgentBench, { events, rounds }: { events: number; rounds: number }): Promise<Row[]> {
  const bare = await bareSession(bench, textTurn)
  const perdure = await perdureSession(bench, textTurn)
  await lengthen(bench, perdure.sessionId, events)
  const samples = await alternate(
    { bare: () => timeTurn(bare.next), perdure: () => timeTurn(perdure.next) },
    { rounds },
  )
  const row = (what: string, pick: (sample: (typeof samples.bare)[number]) => number): Row => ({
    what: `${what}, ${events.toLocaleString('en-US')} events`,
    unit: 'ms',
    bare: { name: '`query({ resume })`', values: samples.bare.map(pick) },
    perdure: { name: '`session.run`', values: samples.perdure.map(pick) },
  })
  return [row('first token', (sample) => sample.firstTokenMs), row('wall', (sample) => sample.wallMs)]
}

/** As a session that has worked for days: most of what its log holds, its agent has long forgotten. */
async function lengthen({ dataDirectory }: AgentBench, sessionId: SessionId, events: number): Promise<void> {
  const storage = new SqliteStorage({ dataDirectory })
  const stores = (await storage.open()).workspace(defaultScope)
  const lease = await stores.leases.acquire(sessionId, { owner: ownerOfThisProcess(newRunId()), ttlMs: 60_000 })
  await stores.events.append(sessionId, Array.from({ length: events }, notice), { fence: lease.fence })
  await stores.leases.release(lease)
  await storage.close()
}

const notice = (): EventDraft => ({
  type: 'perdure.agent_notice',
  id: newEventId(),
  processed_at: '2026-01-01T00:00:00.000Z',
  name: 'status',
  payload: { text: 'The agent reads the files that the last commit changed, one after the other.' },
})
