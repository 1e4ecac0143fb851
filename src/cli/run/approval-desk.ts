import type { SessionStreamEvent } from '../../domain/session-event.ts'
import { PerdureError } from '../../errors/perdure-error.ts'

/** A tool call that waits for a person. */
export interface WaitingCall {
  readonly id: string
  readonly toolName: string
  readonly input: Readonly<Record<string, unknown>>
}

/** Null: allowed. Otherwise why not; the agent is told. */
export type Decision = { readonly denyReason: string } | null

export interface ApprovalDeskOptions {
  readonly ask: (call: WaitingCall) => Promise<Decision>
  readonly approve: (id: string) => Promise<void>
  readonly deny: (id: string, reason: string) => Promise<void>
}

/** Sees every event of a run and has each call that waits decided once, one after the other. */
export function createApprovalDesk(options: ApprovalDeskOptions): (event: SessionStreamEvent) => Promise<void> {
  const calls = new Map<string, WaitingCall>()
  const decided = new Set<string>()
  return async (event) => {
    if (event.type === 'agent.tool_use' || event.type === 'agent.mcp_tool_use') {
      calls.set(event.id, { id: event.id, toolName: event.name, input: event.input })
    }
    if (event.type !== 'session.status_idle' || event.stop_reason.type !== 'requires_action') return
    for (const id of event.stop_reason.event_ids) {
      const call = calls.get(id)
      if (call === undefined || decided.has(id)) continue
      decided.add(id)
      await decide(call, options)
    }
  }
}

async function decide(call: WaitingCall, { ask, approve, deny }: ApprovalDeskOptions): Promise<void> {
  const decision = await ask(call)
  try {
    await (decision === null ? approve(call.id) : deny(call.id, decision.denyReason))
  } catch (error) {
    // The question was withdrawn while the person thought: by an interrupt, or by the end of the run.
    if (!PerdureError.is(error) || error.code !== 'invalid_request') throw error
  }
}
