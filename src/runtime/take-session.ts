import { randomUUID } from 'node:crypto'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentConversation } from '../ports/agent-driver.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import type { AgentPlace } from './agent-place.ts'
import { keepLease } from './lease-keeper.ts'
import type { Opening } from './opening.ts'
import { recoverSession, type RecoveredSession } from './recover-session.ts'
import { requireNotTerminated } from './require-not-terminated.ts'
import { finishRewind } from './rewind/restore-files.ts'
import { bringFiles } from './travel/bring-files.ts'

/** A session under the lease of a run, ready to go on. */
export interface TakenUp {
  readonly record: SessionRecord
  readonly conversation: AgentConversation
  readonly fence: number
  readonly recovered: RecoveredSession
}

/** Finds or creates the session, takes its lease and binds it to a conversation of the agent's. */
export async function takeSession<Options>(
  { dependencies, request, reactions, held, undo }: Opening<Options>,
  place: AgentPlace | null,
): Promise<TakenUp> {
  const { sessions, leases, transcripts } = dependencies.stores
  const { sessionId, runId, leaseTtlMs: ttlMs } = request
  if (request.create !== null) await sessions.create(request.create)
  const found = await sessions.get(sessionId)
  if (found === null) {
    throw new PerdureError('session_not_found', `There is no session ${sessionId}, or it has expired.`)
  }
  requireNotTerminated(found)
  const lease = await leases.acquire(sessionId, { owner: dependencies.leaseOwner(runId), ttlMs })
  const keeper = keepLease({ leases, lease, ttlMs, onLost: reactions.onFailure })
  held.push(() => keeper.release())
  const { fence } = lease
  // Read again: until the lease was ours, another run may have moved the session on.
  const before = (await sessions.get(sessionId))?.agentSessionId ?? null
  const now = dependencies.clock.now()
  const recovered = await recoverSession(dependencies, { sessionId, agentSessionId: before, fence, now })
  const rewound = await finishRewind(dependencies, { ...request, fence, state: recovered.state })
  const state = await bringFiles(dependencies, { ...request, fence, state: rewound })
  const own = place !== null && 'agent' in place ? place.conversation.agentSessionId : randomUUID()
  const agentSessionId = recovered.agentSessionId ?? own
  const hasHistory = recovered.agentSessionId !== null && (await transcripts.load({ agentSessionId })) !== null
  const conversation: AgentConversation = { kind: hasHistory ? 'resume' : 'new', agentSessionId }
  const record = await sessions.update(sessionId, {
    agentSessionId,
    status: 'running',
    workingDirectory: request.workingDirectory,
    fence,
  })
  undo.push(() => sessions.update(sessionId, { status: 'idle', fence }).then(() => {}))
  return { record, conversation, fence, recovered: { ...recovered, state } }
}
