import { PerdureError } from '../../errors/perdure-error.ts'
import type { EngineCapacity, Json, RunContext, RunEngine } from '../../ports/run-engine.ts'
import { processRuntime } from '../process-runtime.ts'
import type { RunAgentOptions } from '../run-agent-options.ts'
import { doSessionRun } from './do-session-run.ts'
import { machineRoom, type MachineRoom } from './machine-room.ts'
import { openEngine, storageOfEngine, type EngineOptions } from './open-engine.ts'
import { runIdOf, sessionRunKind } from './session-run.ts'

export interface WorkerOptions extends EngineOptions {
  /** Runs at the same time in this process. Default: by the cores and the memory of this machine. */
  readonly slots?: number
  /** Runs of one workspace at the same time, over all workers. Default: 10. All workers of a fleet name the same. */
  readonly perTenant?: number
  /** Runs of one workspace that may begin in a period, over all workers. Default: any number. */
  readonly ratePerTenant?: EngineCapacity['ratePerTenant']
  /** A worker that hangs for so long loses its runs to others of its fleet. Default: 60 seconds. */
  readonly hungAfterMs?: number
  /** Options of every run, for what no queue can hold: `env`, `upstream`, `hooks` … Those of a run go before them. */
  readonly agentOptions?: Partial<RunAgentOptions>
  /** Hears of each run that begins or ends here. */
  readonly onRun?: (notice: RunNotice) => void
  /** Hears what goes wrong outside of runs; the worker goes on trying. */
  readonly onTrouble?: (error: PerdureError) => void
}

export interface RunNotice {
  /** `handed_over`: another worker goes on with it. */
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled' | 'handed_over'
  readonly runId: string
  readonly tenant: string
  readonly attempt: number
  /** Null as long as it is not known. */
  readonly sessionId: string | null
  readonly durationMs: number
  readonly error: { readonly code: string; readonly message: string } | null
}

/** A process that does runs. */
export interface AgentWorker {
  readonly slots: number
  /** Takes no more runs, lets those under way go on for `drainMs`, hands the rest over. */
  stop(options?: { drainMs?: number }): Promise<void>
}

const defaultDrainMs = 30_000

/**
 * Makes this process do the runs that `submitRun` and schedules queue: as one of a fleet on a PostgreSQL, or as the one
 * that owns a data directory. On a data directory that another works on, it stands by and takes over when that one dies.
 * @throws {PerdureError} `invalid_request`, `storage_failed`.
 */
export async function startWorker(options: WorkerOptions = {}): Promise<AgentWorker> {
  const room = machineRoom()
  const { slots = room.slots, perTenant = 10, ratePerTenant, hungAfterMs, onTrouble } = options
  const engine = await openEngine(options)
  await engine.start(
    { [sessionRunKind]: (input, context) => attended(options, { room, input, context }) },
    {
      slots,
      perTenant,
      // Whoever names a number has decided what fits.
      ...(options.slots === undefined ? { hasRoom: () => room.hasRoom() } : {}),
      ...(ratePerTenant === undefined ? {} : { ratePerTenant }),
      ...(hungAfterMs === undefined ? {} : { hungAfterMs }),
      ...(onTrouble === undefined ? {} : { onTrouble }),
    },
  )
  return { slots, stop: ({ drainMs = defaultDrainMs } = {}) => stop(engine, drainMs) }
}

const stop = (engine: RunEngine, drainMs: number): Promise<void> => processRuntime().engines.stop(engine, { drainMs })

/** Does a run, counts it against the room of this machine, and tells of it. */
async function attended(
  options: WorkerOptions,
  { room, input, context }: { room: MachineRoom; input: Json; context: RunContext },
): Promise<Json> {
  const leave = room.use()
  const startedAtMs = performance.now()
  const { tenant, attempt, signal } = context
  const runId = runIdOf(tenant, context.id)
  let sessionId: string | null = null
  const tell = (status: RunNotice['status'], error: RunNotice['error'] = null): void => {
    const durationMs = Math.round(performance.now() - startedAtMs)
    options.onRun?.({ status, runId, tenant, attempt, sessionId, durationMs, error })
  }
  const runner = {
    storage: storageOfEngine(options),
    agentOptions: options.agentOptions ?? {},
    onSession: (id: string): void => {
      sessionId = id
      tell('running')
    },
  }
  try {
    const result = await doSessionRun(runner, input, context)
    tell('completed')
    return result
  } catch (thrown) {
    const { code, message } = PerdureError.from(signal.aborted ? signal.reason : thrown)
    const isOurs = !signal.aborted || code === 'cancelled'
    tell(isOurs ? (code === 'cancelled' ? 'cancelled' : 'failed') : 'handed_over', { code, message })
    throw thrown
  } finally {
    leave()
  }
}
