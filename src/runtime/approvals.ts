import type { EventId } from '../domain/ids.ts'
import type { PermissionAnswer, PermissionQuestion } from '../ports/agent-driver.ts'

/** A tool call that the agent holds until somebody decides. */
interface HeldCall {
  readonly question: PermissionQuestion
  /** Null until the call itself stands in the log. */
  eventId: EventId | null
  readonly decide: (answer: PermissionAnswer) => void
}

/**
 * The questions of a run that are open. A question is only announced once its call stands in the log,
 * since the agent may ask before it has reported the call.
 */
export interface Approvals {
  ask(question: PermissionQuestion): Promise<PermissionAnswer>
  /** The call stands in the log under this id. */
  callLogged(toolUseId: string, eventId: EventId): void
  /** Answers by the event's id; the answer stands for a question that is yet to come. */
  answer(eventId: string, answer: PermissionAnswer): void
  /** Whether an answer stands already for the question about this call. */
  isDecided(toolUseId: string): boolean
  /** Ids of the calls that may be announced, oldest first. */
  announced(): EventId[]
  /** Answers all that is open with the same word. */
  answerAll(answer: PermissionAnswer): void
}

/** @param onAskable Called when a held call stands in the log, and can be announced. */
export function createApprovals(onAskable: () => void): Approvals {
  const held: HeldCall[] = []
  const eventIds = new Map<string, EventId>()
  const decided = new Map<string, PermissionAnswer>()
  const settle = (call: HeldCall, answer: PermissionAnswer): void => {
    const index = held.indexOf(call)
    if (index === -1) return
    held.splice(index, 1)
    call.decide(answer)
  }

  const standingAnswer = (toolUseId: string): PermissionAnswer | undefined => decided.get(eventIds.get(toolUseId) ?? '')

  return {
    ask(question) {
      const eventId = eventIds.get(question.toolUseId) ?? null
      const standing = standingAnswer(question.toolUseId)
      if (standing !== undefined) return Promise.resolve(standing)
      const { promise, resolve } = Promise.withResolvers<PermissionAnswer>()
      const call: HeldCall = { question, eventId, decide: resolve }
      held.push(call)
      if (call.eventId !== null) onAskable()
      question.signal.addEventListener('abort', () =>
        settle(call, { result: 'deny', message: 'The request was withdrawn before anybody decided.' }),
      )
      return promise
    },
    callLogged(toolUseId, eventId) {
      eventIds.set(toolUseId, eventId)
      const call = held.find((candidate) => candidate.question.toolUseId === toolUseId)
      if (call === undefined) return
      call.eventId = eventId
      onAskable()
    },
    answer(eventId, answer) {
      const call = held.find((candidate) => candidate.eventId === eventId)
      if (call === undefined) decided.set(eventId, answer)
      else settle(call, answer)
    },
    isDecided: (toolUseId) => standingAnswer(toolUseId) !== undefined,
    announced: () => held.flatMap((call) => (call.eventId === null ? [] : [call.eventId])),
    answerAll(answer) {
      for (const call of held.splice(0)) call.decide(answer)
    },
  }
}
