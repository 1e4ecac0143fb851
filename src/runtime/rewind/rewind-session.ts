import { randomUUID } from 'node:crypto'
import { eventsUpTo } from '../../domain/branches.ts'
import { checkpointAt, type CheckpointAt } from '../../domain/checkpoint-at.ts'
import { newEventId, type SessionId } from '../../domain/ids.ts'
import { folderSince } from '../../domain/folder-since.ts'
import type { RewoundConversation } from '../../domain/perdure-event.ts'
import { redactJson } from '../../domain/redaction.ts'
import { conversationOf } from '../../domain/rewound.ts'
import type { DraftOfType, LoggedEvent } from '../../domain/session-event.ts'
import { fold } from '../../domain/step.ts'
import type { GitRestore } from '../../domain/work-tree.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { AgentDriver } from '../../ports/agent-driver.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import type { RestoredWorkTree, WorkTrees } from '../../ports/work-tree.ts'
import { transcriptsOfRun } from '../transcripts-of-run.ts'
import { unsettledMessages } from '../unsettled-messages.ts'
import { copyConversationAt } from './copy-conversation.ts'
import { prepareFiles } from './prepare-files.ts'
import { restoreFiles } from './restore-files.ts'

export interface RewindDependencies {
  readonly stores: WorkspaceStores
  readonly driver: Pick<AgentDriver<never>, 'forkConversation'>
  readonly workTrees: WorkTrees
  readonly clock: Clock
}

export interface RewindRequest {
  readonly sessionId: SessionId
  /** Of the lease that the caller holds. */
  readonly fence: number
  /** The newest event that the session is to follow; 0 for its beginning. */
  readonly to: number
  /** Null: the files stay as they are. */
  readonly files: { readonly git: GitRestore; readonly acceptGitWarnings: boolean } | null
}

export interface RewoundSession {
  readonly record: SessionRecord
  /** The event of the rewind. */
  readonly event: LoggedEvent & DraftOfType<'perdure.session_rewound'>
  /** What was done to the files; null when they were left as they were. */
  readonly files: (RestoredWorkTree & { readonly at: CheckpointAt }) | null
}

/**
 * Takes a session back to an event of its log, its conversation and its files; called under its lease, after its
 * recovery. Nothing is erased: what came after stands on a branch that was left. Killed before the event is in the log,
 * nothing has happened; killed after it, the session is rewound, and the next to take it up puts the files back.
 * @throws {PerdureError} `invalid_request`, `checkpoint_not_found`, `checkpoint_git_moved`, `checkpoint_invalid`, `checkpoint_failed`,
 *   `lease_lost`, `storage_failed`.
 */
export async function rewindSession(dependencies: RewindDependencies, request: RewindRequest): Promise<RewoundSession> {
  const { stores, clock } = dependencies
  const { sessionId, fence } = request
  const record = await recordOf(stores, sessionId)
  const events = await stores.events.read(sessionId)
  const to = targetOf(events, request.to)
  const files =
    request.files === null
      ? null
      : await prepareFiles(dependencies, {
          ...request.files,
          record,
          state: fold(events),
          fence,
          at: checkpointOf(events, to),
        })
  const { agentSessionId, conversation } = await rewindConversation(dependencies, { sessionId, fence, events, to })
  const draft: DraftOfType<'perdure.session_rewound'> = {
    id: newEventId(),
    processed_at: clock.now().toISOString(),
    type: 'perdure.session_rewound',
    to_sequence: to,
    agent_session_id: agentSessionId,
    checkpoint_id: files?.at.checkpointId ?? null,
    safety_checkpoint_id: files?.safety ?? null,
    working_directory: files?.root ?? record.workingDirectory,
    git: request.files?.git ?? 'keep',
    conversation,
  }
  const [event] = await stores.events.append(sessionId, redactJson([draft]), { fence })
  const { checkpoint_id: checkpointId, safety_checkpoint_id: safetyCheckpointId, working_directory, git } = draft
  const restored =
    checkpointId === null
      ? null
      : await restoreFiles(dependencies, {
          sessionId,
          fence,
          files: { checkpointId, safetyCheckpointId, workingDirectory: working_directory, git },
        })
  const change = { agentSessionId, workingDirectory: working_directory, status: 'idle', fence } as const
  return {
    record: await stores.sessions.update(sessionId, change),
    event: { ...draft, sequence: event!.sequence },
    files: restored === null || files === null ? null : { ...restored, safety: files.safety, at: files.at },
  }
}

/** The conversation as it was at an event, copied, and what has to be said of it. */
async function rewindConversation(
  { stores, driver }: RewindDependencies,
  { sessionId, fence, events, to }: { sessionId: SessionId; fence: number; events: readonly LoggedEvent[]; to: number },
): Promise<{ agentSessionId: string; conversation: RewoundConversation }> {
  const then = fold(events.slice(0, to))
  const waiting = then.awaitingApproval.flatMap((id) => {
    const call = then.openTools[id]
    return call?.toolUseId == null || call.threadId !== null ? [] : [{ id, toolUseId: call.toolUseId }]
  })
  const transcripts = transcriptsOfRun(stores.transcripts, { sessionId, fence })
  const heldCalls = waiting.map(({ toolUseId }) => toolUseId)
  const copy = await copyConversationAt({ driver, transcripts }, { events, sequence: to, heldCalls })
  const unanswered = unsettledMessages(eventsUpTo(events, to)).filter(
    ({ perdure }) => copy?.inputs.has(perdure?.sdk_uuid ?? '') !== true,
  )
  const conversation = conversationOf(then, {
    waitingIds: waiting.flatMap(({ id, toolUseId }) => (copy?.openCalls.includes(toolUseId) === true ? [id] : [])),
    unansweredIds: unanswered.map(({ id }) => id),
  })
  return { agentSessionId: copy?.agentSessionId ?? randomUUID(), conversation }
}

/** A fork cannot go back before its birth: what came before stands in its parent's log. */
function targetOf(events: readonly LoggedEvent[], to: number): number {
  if (!Number.isInteger(to) || to < 0 || to > events.length) {
    throw new PerdureError('invalid_request', `The session has no event ${to}: its newest is ${events.length}.`)
  }
  return events[0]?.type === 'perdure.session_forked' ? Math.max(1, to) : to
}

function checkpointOf(events: readonly LoggedEvent[], to: number): CheckpointAt {
  const at = checkpointAt(events, to)
  if (at !== null) return { ...at, workingDirectory: folderSince(events, at) }
  throw new PerdureError('checkpoint_not_found', `No checkpoint says what the files were at event ${to}.`, {
    hint: 'Rewind the conversation alone: files: false, or --conversation-only.',
  })
}

async function recordOf({ sessions }: WorkspaceStores, sessionId: SessionId): Promise<SessionRecord> {
  const record = await sessions.get(sessionId)
  if (record !== null) return record
  throw new PerdureError('session_not_found', `There is no session ${sessionId}, or it has expired.`)
}
