import { newRunId, type SessionId } from '../domain/ids.ts'
import type { SessionState } from '../domain/session-state.ts'
import { systemClock } from '../ports/clock.ts'
import { keepLease } from '../runtime/lease-keeper.ts'
import { recoverSession } from '../runtime/recover-session.ts'
import { finishRewind } from '../runtime/rewind/restore-files.ts'
import { transcriptsOfRun } from '../runtime/transcripts-of-run.ts'
import { ownerOfThisProcess } from '../stores/leases/process-liveness.ts'
import type { OpenWorkspace } from './open-workspace.ts'
import { processRuntime } from './process-runtime.ts'
import { leaseTtlMs } from './run-agent.ts'

export interface TakenSession {
  readonly fence: number
  readonly state: SessionState
}

/**
 * Does something with a session that nobody drives meanwhile. What a process that died left open is closed before.
 * @throws {PerdureError} `session_not_found`; `lease_held` while another process drives it.
 */
export async function takeUpSession<Result>(
  { stores, workTrees }: Pick<OpenWorkspace, 'stores' | 'workTrees'>,
  sessionId: SessionId,
  work: (taken: TakenSession) => Promise<Result>,
): Promise<Result> {
  const { leases, sessions } = stores
  const { driver } = processRuntime()
  const lease = await leases.acquire(sessionId, { owner: ownerOfThisProcess(newRunId()), ttlMs: leaseTtlMs })
  // The fence keeps our writes out once it is lost.
  const keeper = keepLease({ leases, lease, ttlMs: leaseTtlMs, onLost: () => {} })
  try {
    const { fence } = lease
    const record = await sessions.get(sessionId)
    const { state, agentSessionId, results } = await recoverSession(
      { stores, driver },
      { sessionId, agentSessionId: record?.agentSessionId ?? null, fence, now: systemClock.now() },
    )
    if (agentSessionId !== null) {
      const transcripts = transcriptsOfRun(stores.transcripts, { sessionId, fence })
      await driver.completeToolCalls({ transcripts, agentSessionId, results })
    }
    const place = { sessionId, fence, workingDirectory: record?.workingDirectory ?? '.' }
    return await work({
      fence,
      state: await finishRewind({ stores, workTrees, clock: systemClock }, { ...place, state }),
    })
  } finally {
    await keeper.release()
  }
}
