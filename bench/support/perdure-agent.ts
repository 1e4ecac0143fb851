import type { SessionId } from '../../src/domain/ids.ts'
import { createAgentPool, isPreview, runAgent, type AgentRun, type RunAgentOptions } from '../../src/index.ts'
import type { AgentBench } from './agent-bench.ts'
import { agentOptions, type AgentTurn } from './agent-turns.ts'
import type { Heard, PreparedTurn } from './prepared-turn.ts'

const perdureOptions = ({ cwd, dataDirectory, upstream }: AgentBench): RunAgentOptions => ({
  ...agentOptions,
  cwd,
  dataDirectory,
  upstream,
})

/** As a user calls it: log, transcripts, lease and gateway on, in SQLite. */
export const perdureRun =
  (bench: AgentBench, turn: AgentTurn, options: Pick<RunAgentOptions, 'checkpoints'> = {}): PreparedTurn =>
  (heard) =>
    follow(runAgent({ ...perdureOptions(bench), ...options, prompt: turn.prompt }), turn, heard)

/** A session of one turn, and one more of its turns. */
export async function perdureSession(
  bench: AgentBench,
  turn: AgentTurn,
): Promise<{ sessionId: SessionId; next: PreparedTurn }> {
  const first = runAgent({ ...perdureOptions(bench), prompt: turn.prompt })
  await follow(first, turn, { text: () => {} })
  const { sessionId } = first
  const next: PreparedTurn = (heard) =>
    follow(runAgent({ ...perdureOptions(bench), sessionId, prompt: turn.prompt }), turn, heard)
  return { sessionId, next }
}

/** With an agent of a pool that is up. The pool starts the next at once, as it always does. */
export async function perdurePool(
  bench: AgentBench,
  turn: AgentTurn,
): Promise<{ run: PreparedTurn; close: () => Promise<void> }> {
  const pool = createAgentPool(perdureOptions(bench))
  await pool.warm()
  return { run: (heard) => follow(pool.runAgent({ prompt: turn.prompt }), turn, heard), close: () => pool.close() }
}

async function follow(run: AgentRun, turn: AgentTurn, heard: Heard): Promise<void> {
  for await (const event of run) {
    if (isPreview(event) && event.type === 'event_delta' && event.delta.type === 'content_delta') heard.text()
  }
  const outcome = await run
  if (outcome.status !== 'completed' || outcome.text !== turn.answer) {
    throw new Error(`Perdure’s agent said ${outcome.text} to ${turn.prompt}: ${outcome.status}`)
  }
}

/** Starts a turn that never ends; resolves at its first word, to the way to end it. */
export async function holdPerdureAgent(bench: AgentBench, turn: AgentTurn): Promise<() => Promise<void>> {
  const run = runAgent({ ...perdureOptions(bench), prompt: turn.prompt })
  const first = Promise.withResolvers<void>()
  const over = follow(run, turn, { text: first.resolve }).catch(() => {})
  await Promise.race([first.promise, over])
  return async () => {
    await run.abort()
    await over
  }
}
