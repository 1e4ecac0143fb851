import type { SessionId } from '../../domain/ids.ts'
import { sessionNotFound } from '../leases/refusals.ts'
import {
  newConversation,
  valueAt,
  type Conversation,
  type ConversationDocument,
  type ConversationOwner,
} from './conversation.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import type { SessionConversation, StoredSession } from './session-document.ts'

/**
 * Makes a conversation the session's own, with all that was written to it, so that it is fenced and deleted with it. It
 * lies in the session's document from then on; its own document says whose it is, and counts the claims. Each step leaves
 * it whole, in one of the two, and whoever comes next takes up what a process left that died between them:
 * it is frozen where it was, its document names the new owner and holds the content, and the owner takes it in.
 * @throws {PerdureError} `session_not_found`.
 */
export async function claimConversation(
  workspace: ObjectWorkspace,
  agentSessionId: string,
  sessionId: SessionId,
): Promise<void> {
  for (;;) {
    const { session } = await workspace.session(sessionId).read()
    if (!session) throw sessionNotFound(sessionId)
    const owner: ConversationOwner = { sessionId, incarnation: session.incarnation }
    const claimed = await enterOwner(workspace, agentSessionId, owner)
    if (claimed && (await takeIn(workspace, { agentSessionId, owner, ...claimed }))) return
  }
}

/** Null when another was faster, and all has to be looked at again. */
async function enterOwner(
  workspace: ObjectWorkspace,
  agentSessionId: string,
  owner: ConversationOwner,
): Promise<{ claim: number; own: Conversation | null } | null> {
  const document = workspace.conversation(agentSessionId)
  const seen = await document.read()
  const isOwn = seen.owner?.sessionId === owner.sessionId && seen.owner.incarnation === owner.incarnation
  const frozen = seen.owner && (await freeze(workspace, { ...seen, owner: seen.owner }, { isOwn }))
  if (isOwn && frozen === undefined) return seen
  return document.change((state) => {
    if (state.claim !== seen.claim) return { state, result: null }
    const claimed = { ...state, claim: state.claim + 1, owner, own: seen.owner ? (frozen ?? null) : state.own }
    return { state: claimed, result: claimed }
  })
}

/**
 * Lets the present owner write no more. Resolves to the content; null when the owner is gone, and the conversation with
 * it. Of one that is the claimant's own, only to what had been frozen before; else to undefined.
 */
async function freeze(
  workspace: ObjectWorkspace,
  seen: ConversationDocument & { owner: ConversationOwner },
  { isOwn }: { isOwn: boolean },
): Promise<Conversation | null | undefined> {
  return workspace.session(seen.owner.sessionId as SessionId).change((document) => {
    const { session } = document
    const { agentSessionId } = seen
    if (session?.incarnation !== seen.owner.incarnation) return { state: document, result: null }
    const kept = valueAt(session.conversations, agentSessionId)
    // It went away and came back since it was seen.
    if (kept && kept.claim > seen.claim) return { state: document, result: undefined }
    const isCurrent = kept?.claim === seen.claim
    const conversation = isCurrent ? kept.conversation : seen.own
    if (isOwn) return { state: document, result: isCurrent && kept.isFrozen ? conversation : undefined }
    const state = {
      ...document,
      session: withKept(session, agentSessionId, { claim: seen.claim, isFrozen: true, conversation }),
    }
    return { state, result: conversation }
  })
}

/** False when the session is no longer the one that claimed it. */
async function takeIn(
  workspace: ObjectWorkspace,
  claimed: { agentSessionId: string; owner: ConversationOwner; claim: number; own: Conversation | null },
): Promise<boolean> {
  const { agentSessionId, owner, claim, own } = claimed
  return workspace.session(owner.sessionId as SessionId).change((document, nowMs) => {
    const { session, fence } = document
    if (session?.incarnation !== owner.incarnation) return { state: document, result: false }
    const kept = valueAt(session.conversations, agentSessionId)
    // Taken in already, or frozen since by who has claimed it next.
    if (kept && kept.claim >= claim) return { state: document, result: true }
    const conversation = own ?? newConversation(fence, nowMs)
    const state = { ...document, session: withKept(session, agentSessionId, { claim, isFrozen: false, conversation }) }
    return { state, result: true }
  })
}

export const withKept = (session: StoredSession, agentSessionId: string, kept: SessionConversation): StoredSession => ({
  ...session,
  conversations: { ...session.conversations, [agentSessionId]: kept },
})
