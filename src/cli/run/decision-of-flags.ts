import type { RunAgentOptions } from '../../compose/run-agent-options.ts'
import { usageError } from '../usage-error.ts'
import type { RunFlags } from './run-flags.ts'

/** The answer that `--approve` or `--deny` gives; undefined without them. @throws {PerdureError} `invalid_request`. */
export function decisionOf(flags: RunFlags): RunAgentOptions['decision'] {
  const { approve, deny, reason, prompt } = flags
  const toolUseId = approve ?? deny
  if (reason !== undefined && deny === undefined) throw usageError('--reason goes with --deny.', 'Leave it out.')
  if (toolUseId === undefined) return undefined
  if (approve !== undefined && deny !== undefined)
    throw usageError('--approve and --deny exclude each other.', 'Give one.')
  if (flags.session === undefined && flags.resume === undefined) {
    throw usageError('--approve and --deny answer a session.', 'Name it with --resume <id>.')
  }
  if (prompt.length > 0)
    throw usageError('An answer takes no prompt.', 'Leave the words out; --reason tells the agent why.')
  if (approve !== undefined) return { toolUseId, result: 'allow' }
  return { toolUseId, result: 'deny', ...(reason === undefined ? {} : { message: reason }) }
}
