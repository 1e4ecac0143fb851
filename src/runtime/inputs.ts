import { randomUUID } from 'node:crypto'
import { newEventId, type EventId, type SessionId } from '../domain/ids.ts'
import type { DraftOfType, EventDraft } from '../domain/session-event.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentInput } from '../ports/agent-driver.ts'
import type { Inbox, InputPriority, WaitingInput } from '../ports/inbox.ts'
import type { RunInput } from './run-request.ts'

export type UserMessage = DraftOfType<'user.message'>

export interface Inputs {
  /** Makes a message durable and queues it; resolves to its event id. @throws {PerdureError} when the run takes no more. */
  add(input: RunInput): Promise<EventId>
  /** Takes up what waits from before: messages that a dead run's agent never got, then the inbox. */
  restore(lost: readonly UserMessage[], waiting: readonly WaitingInput[]): void
  /** The next message that the agent has not been given. */
  next(): QueuedMessage | undefined
  /** Given to the agent while it was busy; logged once the agent takes it in. */
  handedOver(message: QueuedMessage): void
  /** The agent took it in: the message to log now, if it is not logged yet. */
  takenIn(uuid: string): QueuedMessage | undefined
  /** Takes back what was said to this run and the agent has not taken in: nobody wants it said any more. */
  withdraw(): Promise<void>
  /** Whether anything is still to be taken in by the agent. */
  hasMore(): boolean
  /** No more may be added; what was added stays. */
  close(): void
}

export interface QueuedMessage {
  readonly event: UserMessage
  /** It stands in the log already: a run that died had taken it in, its agent had not. */
  readonly isLogged: boolean
  readonly agentInput: AgentInput
}

/** A message that nobody has taken in yet. */
export const newUserMessage = (
  content: RunInput['content'] | UserMessage['content'],
): UserMessage & { readonly id: EventId } => ({
  type: 'user.message',
  id: newEventId(),
  content: content as UserMessage['content'],
  processed_at: null,
  perdure: { sdk_uuid: randomUUID() },
})

/** What the user says to a run: durable first, then given to the agent, then logged when the agent takes it in. */
export function createInputs(inbox: Inbox, sessionId: SessionId): Inputs {
  const queue: QueuedMessage[] = []
  const handed = new Map<string, QueuedMessage>()
  /** Said to this run, and not taken in yet. */
  const said = new Set<EventId>()
  let closed = false
  let beingAdded = 0

  return {
    async add({ content, priority }) {
      if (closed) {
        throw new PerdureError('invalid_request', 'The run is over, or about to be: it takes no more messages.', {
          hint: 'Start a new run with this sessionId.',
        })
      }
      const event = newUserMessage(content)
      beingAdded += 1
      try {
        await inbox.put(sessionId, event, { priority })
        said.add(event.id)
        queue.push(queuedMessage(event, priority))
      } finally {
        beingAdded -= 1
      }
      return event.id
    },
    restore(lost, waiting) {
      for (const event of lost) queue.push({ ...queuedMessage(event, 'next'), isLogged: true })
      for (const { input, priority } of waiting) {
        if (isUserMessage(input)) queue.push(queuedMessage(input, priority))
      }
    },
    next: () => queue.shift(),
    handedOver: (message) => void handed.set(message.agentInput.uuid, message),
    takenIn(uuid) {
      const message = handed.get(uuid)
      handed.delete(uuid)
      if (message !== undefined) said.delete(message.event.id as EventId)
      return message
    },
    async withdraw() {
      if (said.size > 0) await inbox.remove(sessionId, [...said])
    },
    hasMore: () => queue.length > 0 || handed.size > 0 || beingAdded > 0,
    close: () => void (closed = true),
  }
}

export const isUserMessage = <Event extends EventDraft>(
  event: Event,
): event is Extract<Event, { type: 'user.message' }> => event.type === 'user.message'

function queuedMessage(event: UserMessage, priority: InputPriority): QueuedMessage {
  const uuid = event.perdure?.sdk_uuid ?? randomUUID()
  return {
    isLogged: false,
    event: { ...event, perdure: { ...event.perdure, sdk_uuid: uuid } },
    agentInput: { uuid, content: event.content as AgentInput['content'], priority },
  }
}
