import type { AgentConfig } from '../compose/python-agent/agent-config.ts'
import { failureOfOutcome } from '../compose/python-agent/failure-of-outcome.ts'
import { startRun } from '../compose/python-agent/start-run.ts'
import { StreamTranslator } from '../compose/python-agent/stream-translator.ts'
import type { WorkspaceOptions } from '../compose/open-workspace.ts'
import { createSession as createPerdureSession, type CreateSessionOptions } from '../compose/create-session.ts'
import { openSession } from '../compose/open-session.ts'
import type { Session } from '../compose/session.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentRun } from '../runtime/agent-run.ts'
import { addToHistory, replayTurns, type ConversationSession } from './conversation-session.ts'

export type { ConversationSession } from './conversation-session.ts'

export interface SessionHooks {
  /** Called with each result of a tool, one at a time. What it throws, `executeTurn` throws when the turn is over. */
  onPostToolUse?: (toolName: string, toolResult: string) => Promise<void>
  /** Called after the turn; true ends the session. */
  shouldStop?: (response: string, turnCount: number) => Promise<boolean>
}

interface Conversation {
  readonly session: ConversationSession
  readonly stored: Session
  readonly place: WorkspaceOptions
  /** Milliseconds since 1970. */
  readonly endsAt: number
  run: AgentRun | null
}

const maxSessions = 100
const idleSeconds = 30 * 60
const timeoutLabel = 'compat.timeout_seconds'
const endedTag = 'compat.ended'

/** Of this process. Expired ones leave when somebody looks; no timer keeps the process alive for them. */
const conversations = new Map<string, Conversation>()

/**
 * A new conversation, kept like every session of Perdure: any process that finds the same storage can
 * go on with it by its id.
 * @param timeout Seconds after which it takes no further turns; so does half an hour without any.
 * @throws {PerdureError} `invalid_request` when this process has 100 of them already, or for the timeout.
 */
export async function createSession(
  timeout = 600,
  options: Omit<CreateSessionOptions, 'ttl'> = {},
): Promise<ConversationSession> {
  if (!(timeout > 0)) throw new PerdureError('invalid_request', 'The timeout must be a positive number of seconds.')
  if (getActiveSessions().length >= maxSessions) {
    throw new PerdureError('invalid_request', `There are ${maxSessions} active sessions already.`, {
      hint: 'End some with endSession; the sessions of createSession in perdure itself have no such limit.',
    })
  }
  const stored = await createPerdureSession({
    ...options,
    metadata: { ...options.metadata, [timeoutLabel]: String(timeout) },
    ttl: idleSeconds,
  })
  return register(stored, placeOf(options)).session
}

/**
 * One more turn of a conversation; resolves to its final text. The agent remembers the turns before by
 * its own transcript.
 * @throws {PerdureError} When the agent fails, as `runPythonAgent` does; `session_expired`,
 * `session_not_found` also for one that was ended.
 */
// oxlint-disable-next-line max-params -- the older signature
export async function executeTurn(
  sessionId: string,
  prompt: string,
  config: Partial<AgentConfig> = {},
  hooks: SessionHooks = {},
): Promise<string> {
  if (config.sessionId !== undefined && config.sessionId !== sessionId) {
    throw new PerdureError('invalid_request', 'The config names another session than the call.')
  }
  const conversation = await find(sessionId, placeOf(config))
  const { session, place } = conversation
  session.turnCount += 1
  session.lastActivityAt = Date.now()
  const turnId = session.turnCount
  const { run, outcome } = startRun({ ...config, ...place, prompt, sessionId })
  conversation.run = run
  const [ended, hooked] = await Promise.allSettled([
    outcome,
    hooks.onPostToolUse && showResults(run, hooks.onPostToolUse),
  ])
  conversation.run = null
  session.lastActivityAt = Date.now()
  if (ended.status === 'rejected') throw ended.reason
  const failure = failureOfOutcome(ended.value)
  if (failure !== null) throw failure
  const response = ended.value.text
  addToHistory(session, { turnId, prompt, response })
  if (hooked.status === 'rejected') throw hooked.reason
  if (await hooks.shouldStop?.(response, session.turnCount)) await endSession(sessionId)
  return response
}

/** Ends a conversation, and the turn that runs in it. It takes no further turns; its log stays until it expires. */
export async function endSession(sessionId: string): Promise<void> {
  const conversation = conversations.get(sessionId)
  conversations.delete(sessionId)
  await conversation?.run?.abort('The session was ended.')
  const stored = conversation?.stored ?? (await openSession(sessionId).catch(nullIfUnknown))
  await stored?.tag([...stored.record.tags, endedTag])
}

/** A conversation of this process that still takes turns. */
export function getSession(sessionId: string): ConversationSession | undefined {
  return getActiveSessions().find((session) => session.sessionId === sessionId)
}

/** The conversations of this process that still take turns. */
export function getActiveSessions(): ConversationSession[] {
  for (const [id, conversation] of conversations) if (isOver(conversation)) conversations.delete(id)
  return [...conversations.values()].map(({ session }) => session)
}

async function find(sessionId: string, place: WorkspaceOptions): Promise<Conversation> {
  const conversation = conversations.get(sessionId) ?? (await adopt(sessionId, place))
  if (!isOver(conversation)) return conversation
  conversations.delete(sessionId)
  throw new PerdureError('session_expired', `The session ${sessionId} is over.`, {
    hint: 'Begin a new one; createSession takes its seconds as a parameter.',
  })
}

/** A conversation that another process began, or this one before it was started anew. */
async function adopt(sessionId: string, place: WorkspaceOptions): Promise<Conversation> {
  const stored = await openSession(sessionId, place)
  if (stored.record.tags.includes(endedTag)) {
    throw new PerdureError('session_not_found', `The session ${sessionId} was ended.`, { hint: 'Begin a new one.' })
  }
  const events = await stored.events()
  const conversation = register(stored, place)
  if (conversation.session.turnCount === 0) replayTurns(conversation.session, events)
  return conversation
}

function register(stored: Session, place: WorkspaceOptions): Conversation {
  const { createdAt, updatedAt, metadata } = stored.record
  const known = conversations.get(stored.id)
  if (known !== undefined) return known
  const conversation: Conversation = {
    session: {
      sessionId: stored.id,
      createdAt,
      lastActivityAt: updatedAt.getTime(),
      turnCount: 0,
      conversationHistory: [],
    },
    stored,
    place,
    endsAt: createdAt.getTime() + Number(metadata[timeoutLabel] ?? Infinity) * 1000,
    run: null,
  }
  conversations.set(stored.id, conversation)
  return conversation
}

function isOver({ session, endsAt, run }: Conversation): boolean {
  const now = Date.now()
  return run === null && (now >= endsAt || now >= session.lastActivityAt + idleSeconds * 1000)
}

/** Shows a hook the results of tools; the events wait for it. */
async function showResults(run: AgentRun, show: NonNullable<SessionHooks['onPostToolUse']>): Promise<void> {
  const names = new Map<string, string>()
  const translator = new StreamTranslator()
  for await (const event of run.events()) {
    for (const { type, data } of translator.translate(event)) {
      if (type === 'tool_use') names.set(data.id, data.name)
      if (type === 'tool_result') await show(names.get(data.tool_use_id) ?? 'unknown', data.content)
    }
  }
}

function nullIfUnknown(error: unknown): null {
  if (PerdureError.is(error) && ['session_not_found', 'invalid_request'].includes(error.code)) return null
  throw error
}

/** Where a session is kept, of options that say more. */
function placeOf({ organizationId, workspaceId, storage, dataDirectory }: WorkspaceOptions): WorkspaceOptions {
  const place = { organizationId, workspaceId, storage, dataDirectory }
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined))
}
