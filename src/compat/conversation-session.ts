import type { LoggedEvent } from '../domain/session-event.ts'
import type { BraintrustSpan } from './observability.ts'

export interface ConversationSession {
  sessionId: string
  /** Never set: traces are not built yet. */
  traceId?: string
  /** Never set: traces are not built yet. */
  span?: BraintrustSpan
  /** Never set: the agent works on this machine. */
  sandbox?: { kill(): Promise<unknown> }
  createdAt: Date
  /** Milliseconds since 1970. */
  lastActivityAt: number
  /** Turns begun. */
  turnCount: number
  /** The newest turns that ended well, oldest first. The agent has its own, whole memory. */
  conversationHistory: { turnId: number; prompt: string; response: string }[]
}

const maxHistory = 100

export function addToHistory(
  { conversationHistory }: ConversationSession,
  turn: ConversationSession['conversationHistory'][number],
): void {
  conversationHistory.push(turn)
  conversationHistory.splice(0, conversationHistory.length - maxHistory)
}

/** Adds the turns that a log tells of. */
export function replayTurns(session: ConversationSession, events: Iterable<LoggedEvent>): void {
  let prompt = ''
  let response = ''
  for (const event of events) {
    if ('session_thread_id' in event && event.session_thread_id != null) continue
    if (event.type === 'user.message') [prompt, response] = [textOf(event.content), '']
    if (event.type === 'agent.message') response = textOf(event.content)
    if (event.type !== 'perdure.turn_ended') continue
    session.turnCount += 1
    if (event.error === null) addToHistory(session, { turnId: session.turnCount, prompt, response })
  }
}

const textOf = (content: readonly { type: string; text?: unknown }[]): string =>
  content.map((block) => (block.type === 'text' && typeof block.text === 'string' ? block.text : '')).join('')
