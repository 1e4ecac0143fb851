import { mainThreadId, newEventId, type EventId, type ThreadId } from '../domain/ids.ts'
import type { SessionState } from '../domain/session-state.ts'
import type { Held } from './give-back.ts'
import { Joiner } from './join/joiner.ts'
import type { Opening } from './opening.ts'

/** Joins what is reported of a run; it knows the threads and the calls that its session has open. */
export function startJoiner<Options>(opening: Opening<Options>, state: SessionState): Joiner {
  const joiner = createJoiner(opening, state)
  opening.held.push(startTicking(joiner))
  return joiner
}

function createJoiner<Options>({ dependencies, request, reactions }: Opening<Options>, state: SessionState): Joiner {
  const threads = Object.entries(state.threads).flatMap(([threadId, { agentId, agentName }]) =>
    agentId === null ? [] : [{ agentId, agentName, threadId: threadId as ThreadId }],
  )
  const toolCalls = Object.entries(state.openTools).flatMap(([eventId, { toolUseId, isMcp }]) =>
    toolUseId === null ? [] : [[toolUseId, { eventId: eventId as EventId, mcp: isMcp }] as const],
  )
  return new Joiner({
    clock: dependencies.clock,
    newEventId,
    mainThreadId: mainThreadId(request.sessionId),
    hasGateway: true,
    emit: reactions.onJoined,
    known: { threads, toolCalls: new Map(toolCalls) },
  })
}

const tickMs = 100

function startTicking(joiner: Joiner): Held {
  const timer = setInterval(() => joiner.tick(), tickMs)
  timer.unref()
  return () => clearInterval(timer)
}
