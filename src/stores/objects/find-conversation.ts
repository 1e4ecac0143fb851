import type { SessionId } from '../../domain/ids.ts'
import { valueAt, type Conversation, type ConversationOwner } from './conversation.ts'
import type { ObjectWorkspace } from './object-workspace.ts'

/** The conversation as it is now, wherever it lies; null when it is not there. */
export async function findConversation(
  workspace: ObjectWorkspace,
  agentSessionId: string,
): Promise<Conversation | null> {
  const document = workspace.conversation(agentSessionId)
  for (;;) {
    const { owner, own, claim } = await document.read()
    if (!owner) return own
    const { session } = await workspace.session(owner.sessionId as SessionId).read()
    if (session?.incarnation === owner.incarnation) {
      const kept = valueAt(session.conversations, agentSessionId)
      // Else the session has not taken it in yet.
      return kept?.claim === claim ? kept.conversation : own
    }
    // The session is gone, and the conversation with it, unless it has gone to another before.
    if ((await document.read()).claim === claim) return null
  }
}

/** Whether the session is still there that a conversation belongs to. */
export async function isOwnerThere(workspace: ObjectWorkspace, owner: ConversationOwner): Promise<boolean> {
  const { session } = await workspace.session(owner.sessionId as SessionId).read()
  return session?.incarnation === owner.incarnation
}
