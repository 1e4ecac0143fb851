import type { StoredError } from './stored-error.ts'

/** What to do after a run, or with a session whose run died. */
export interface NextStep {
  /**
   * `none`: it is done. `resume`: say how to go on. `approve`: decide about the calls that wait. `raise_budget`: allow more,
   * then resume. `fix_and_resume`: the same would fail again until its cause is gone.
   */
  readonly action: 'none' | 'resume' | 'approve' | 'raise_budget' | 'fix_and_resume'
  /** In words for a person. */
  readonly hint: string
}

/** What follows from how a run ended, or has not. */
export function nextStepOf(
  status: 'completed' | 'requires_action' | 'budget_reached' | 'failed' | 'cancelled' | 'running' | 'died' | 'new',
  error: Pick<StoredError, 'code' | 'retryable' | 'hint'> | null,
): NextStep {
  switch (status) {
    case 'completed':
      return { action: 'none', hint: 'Nothing is left to do; resume the session to ask for more.' }
    case 'requires_action':
      return { action: 'approve', hint: 'Allow or refuse the tool calls that wait; the turn then goes on.' }
    case 'budget_reached':
      return { action: 'raise_budget', hint: 'Raise the budget, then resume the session: it goes on with its turn.' }
    case 'cancelled':
      return { action: 'resume', hint: 'Resume the session with what to do now: it knows all that happened.' }
    case 'failed':
      return afterFailure(error)
    case 'running':
      return { action: 'none', hint: 'The run is under way: follow its events.' }
    case 'died':
      return { action: 'resume', hint: 'The run died. Resume the session: it goes on from all that is known of it.' }
    case 'new':
      return { action: 'resume', hint: 'Nothing was said yet: begin.' }
    default:
      return status satisfies never
  }
}

function afterFailure(error: Pick<StoredError, 'code' | 'retryable' | 'hint'> | null): NextStep {
  // What ended the agent's process says nothing of its task.
  if (error === null || error.retryable || error.code === 'agent_exited') {
    return { action: 'resume', hint: 'Resume the session: what failed may pass, and nothing that was reached is lost.' }
  }
  return { action: 'fix_and_resume', hint: `${error.hint} Then resume the session.` }
}
