import type { RunOutcome } from '../domain/outcome.ts'
import type { RunControl } from '../runtime/agent-run.ts'

/** The same run, whose outcome somebody hears before its caller does. */
export const withOutcome = (control: RunControl, ended: (outcome: RunOutcome) => RunOutcome): RunControl => ({
  run: async () => ended(await control.run()),
  listen: (listener) => control.listen(listener),
  send: (input) => control.send(input),
  interrupt: () => control.interrupt(),
  decide: (toolUseEventId, denyMessage) => control.decide(toolUseEventId, denyMessage),
  abort: (cause) => control.abort(cause),
})
