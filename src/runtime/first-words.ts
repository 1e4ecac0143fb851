import type { Inputs } from './inputs.ts'
import type { RecoveredSession } from './recover-session.ts'
import type { RunInput, RunRequest } from './run-request.ts'

const goOn: RunInput = { content: [{ type: 'text', text: 'Continue from where you left off.' }], priority: 'next' }

/** What the caller says first; with nothing to say, a session whose last turn was cut, or ended by a budget, goes on with that turn. */
export function firstWordsOf(
  { prompt, inputs: more, decision }: Pick<RunRequest<unknown>, 'prompt' | 'inputs' | 'decision'>,
  { recovered: { state, isCut }, inputs }: { recovered: RecoveredSession; inputs: Inputs },
): RunInput | null {
  const isSilent = prompt === null && more === null && decision === null && !inputs.hasMore()
  const isUnfinished = state.stopReason?.type === 'budget_reached' || (isCut && state.awaitingApproval.length === 0)
  return isSilent && isUnfinished ? goOn : prompt
}
