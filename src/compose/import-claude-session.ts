import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { copyLocalConversation, findLocalConversation } from '../agents/claude/local-conversations.ts'
import { newSessionId } from '../domain/ids.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { transcriptsOfRun } from '../runtime/transcripts-of-run.ts'
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts'
import { Session } from './session.ts'

/**
 * Makes a session of a conversation that Claude Code or the bare Agent SDK keeps on this machine's disk, in
 * `CLAUDE_CONFIG_DIR` or `~/.claude`. It is a copy: both may go on. The session's log begins with its first turn.
 * @throws {PerdureError} `session_not_found` when there is none of this id.
 */
export async function importClaudeSession(claudeSessionId: string, options: WorkspaceOptions = {}): Promise<Session> {
  const found = await findLocalConversation(claudeSessionId)
  if (found === null) {
    throw new PerdureError('session_not_found', `Claude Code has no session ${claudeSessionId} on this machine.`, {
      hint: 'Claude Code names its sessions with /resume; they are in ~/.claude, or where CLAUDE_CONFIG_DIR says.',
    })
  }
  const { stores } = await openWorkspace(options)
  const now = new Date()
  const id = newSessionId()
  const agentSessionId = randomUUID()
  // It is not there before all of it is.
  const fence = await stores.transit.expect({
    id,
    title: found.title,
    tags: [],
    metadata: {},
    workingDirectory: found.workingDirectory ?? resolve('.'),
    model: null,
    parent: null,
    ttlSeconds: null,
    createdAt: now,
    updatedAt: now,
    expiresAt: null,
    agentSessionId,
    status: 'idle',
  })
  const transcripts = transcriptsOfRun(stores.transcripts, { sessionId: id, fence })
  await copyLocalConversation({ from: claudeSessionId, to: agentSessionId, transcripts })
  return new Session(await stores.transit.arrive(id, { fence, waiting: [] }), { stores, options })
}
