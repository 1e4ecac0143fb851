import { resolve } from 'node:path'
import { newRunId, type SessionId } from '../domain/ids.ts'
import type { SessionState } from '../domain/session-state.ts'
import { systemClock } from '../ports/clock.ts'
import { keepLease } from '../runtime/lease-keeper.ts'
import { recoverSession } from '../runtime/recover-session.ts'
import { requireNotTerminated } from '../runtime/require-not-terminated.ts'
import { saveLeftFiles } from '../runtime/checkpoints/save-left-files.ts'
import { finishRewind } from '../runtime/rewind/restore-files.ts'
import { bringFiles, type WorkTreeChoice } from '../runtime/travel/bring-files.ts'
import { transcriptsOfRun } from '../runtime/transcripts-of-run.ts'
import { ownerOfThisProcess } from '../stores/leases/process-liveness.ts'
import type { OpenWorkspace } from './open-workspace.ts'
import { processRuntime } from './process-runtime.ts'
import { leaseTtlMs } from './run-agent.ts'

export interface TakeUpOptions {
  /** The folder where its agent is to work from now on. Default: where it did. */
  readonly cwd?: string
  /** What becomes of that folder. Default: `keep`. */
  readonly workTree?: WorkTreeChoice
}

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
  { sessionId, cwd, workTree = 'keep' }: TakeUpOptions & { readonly sessionId: SessionId },
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
    if (record !== null) requireNotTerminated(record)
    const { state, agentSessionId, hadDied, results } = await recoverSession(
      { stores, driver },
      { sessionId, agentSessionId: record?.agentSessionId ?? null, fence, now: systemClock.now() },
    )
    if (agentSessionId !== null) {
      const transcripts = transcriptsOfRun(stores.transcripts, { sessionId, fence })
      await driver.completeToolCalls({ transcripts, agentSessionId, results })
    }
    const workingDirectory = resolve(cwd ?? record?.workingDirectory ?? '.')
    const place = { sessionId, fence, workingDirectory }
    const dependencies = { stores, workTrees, clock: systemClock }
    const rewound = await finishRewind(dependencies, { ...place, state })
    const brought = await bringFiles(dependencies, { ...place, workTree, state: rewound })
    const ready = hadDied ? await saveLeftFiles(dependencies, { ...place, state: brought }) : brought
    if (cwd !== undefined) await sessions.update(sessionId, { workingDirectory, fence })
    return await work({ fence, state: ready })
  } finally {
    await keeper.release()
  }
}
