import type {
  BetaManagedAgentsDeltaEvent,
  BetaManagedAgentsSessionEvent,
  BetaManagedAgentsStartEvent,
} from '@anthropic-ai/sdk/resources/beta/sessions'
import type { EventDetail } from './event-detail.ts'
import type { PerdureEvent } from './perdure-event.ts'

/** An event in the vocabulary of the Claude Managed Agents API, exactly as its wire has it. */
export type ManagedAgentsEvent = BetaManagedAgentsSessionEvent

/** Live text before its final event: sent to who listens now, never logged, without a sequence number. */
export type PreviewEvent = (BetaManagedAgentsStartEvent | BetaManagedAgentsDeltaEvent) & ThreadMark

interface ThreadMark {
  /** The sub-agent's thread; absent or null on the main thread. */
  session_thread_id?: string | null
}

type Recorded<Event> = Event & ThreadMark & { perdure?: EventDetail }

/** An event before the log has numbered it. */
export type EventDraft = Recorded<ManagedAgentsEvent> | Recorded<PerdureEvent>

/** An event as the log keeps it. `sequence` counts from 1 per session without gaps. */
export type LoggedEvent = EventDraft & { readonly sequence: number }

export type SessionEventType = EventDraft['type']
export type EventOfType<Type extends SessionEventType> = Extract<LoggedEvent, { type: Type }>
export type DraftOfType<Type extends SessionEventType> = Extract<EventDraft, { type: Type }>

/** What a live reader of a session gets: logged events, and previews between them. */
export type SessionStreamEvent = LoggedEvent | PreviewEvent

export const isPreview = (event: SessionStreamEvent): event is PreviewEvent =>
  event.type === 'event_start' || event.type === 'event_delta'

/** The schema of stored events that this version writes; older rows are upcast when they are read. */
export const eventSchemaVersion = 1
