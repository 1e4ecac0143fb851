import type { EventDraft, PreviewEvent } from '../../domain/session-event.ts'
import type { AgentReport } from '../../ports/agent-report.ts'

/** What comes out of the join, in the one order that readers of a session will see. */
export type JoinOutput =
  /** To be logged. */
  | { readonly kind: 'event'; readonly event: EventDraft }
  /** Live text; its id is the id of the event that will be logged. */
  | { readonly kind: 'preview'; readonly event: PreviewEvent }
  /** Not for the log as it stands: the runtime decides. Handed on in its place in the order. */
  | { readonly kind: 'report'; readonly report: OrderedReport }

export type OrderedReport = Extract<AgentReport, { type: 'agent_started' | 'input_state' | 'turn_ended' }>
