/** What the runtime has to do because of an event; see `step.ts`. */
export type Command =
  /** Cut the running turn. */
  | { readonly type: 'interrupt_agent' }
  /** Hand a person's decision to the agent, which holds the call. */
  | {
      readonly type: 'answer_permission'
      readonly toolUseEventId: string
      readonly result: 'allow' | 'deny'
      readonly message: string | null
    }
  /** Some calls still wait for a person: say which. */
  | { readonly type: 'ask_again'; readonly eventIds: readonly string[] }
  /** Nothing waits for a person any more: the turn runs on. */
  | { readonly type: 'go_on' }
  /** The agent gave a result: record the usage and say that the session is idle. */
  | { readonly type: 'settle_turn'; readonly stopReason: 'end_turn' | 'retries_exhausted' | 'budget_reached' }
  /** The session is idle: give the agent what waits, or end the run. */
  | { readonly type: 'take_next_input' }
