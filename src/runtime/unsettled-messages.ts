import type { LoggedEvent } from '../domain/session-event.ts'
import { isUserMessage, type UserMessage } from './inputs.ts'

/**
 * Messages of a branch that are neither answered nor called off. A turn answers those that it took in: others may stand
 * before its end, given to the agent in the meantime. A rewind says which of those before it are to be said again.
 */
export const unsettledMessages = (branch: readonly LoggedEvent[]): readonly UserMessage[] =>
  branch.reduce<readonly UserMessage[]>(unsettledAfter, [])

/** The message after which no turn came to an end and nobody called it off, if there is one. */
export function saidLast(branch: readonly LoggedEvent[]): UserMessage | null {
  const last = branch.findLast(
    (event) =>
      isUserMessage(event) ||
      event.type === 'perdure.turn_ended' ||
      event.type === 'perdure.session_rewound' ||
      (event.type === 'perdure.run_ended' && event.outcome === 'cancelled'),
  )
  return last !== undefined && isUserMessage(last) ? last : null
}

function unsettledAfter(open: readonly UserMessage[], event: LoggedEvent): readonly UserMessage[] {
  if (isUserMessage(event)) return [...open, event]
  switch (event.type) {
    case 'perdure.session_rewound':
      return open.filter(({ id }) => event.conversation.unanswered_ids.includes(id))
    case 'perdure.run_ended':
      return event.outcome === 'cancelled' ? [] : open
    case 'perdure.turn_ended': {
      const taken = event.input_uuids
      return taken === undefined ? [] : open.filter(({ perdure }) => !taken.includes(perdure?.sdk_uuid ?? ''))
    }
    default:
      return open
  }
}
