import type { RunAgentOptions } from '../../compose/run-agent-options.ts'
import { dollars } from '../cost/dollars.ts'
import { usageError } from '../usage-error.ts'
import type { RunFlags } from './run-flags.ts'

export interface RunSituation {
  /** Undefined beside a decision. */
  readonly prompt: string | undefined
  /** An answer to a call that waits, instead of a prompt. */
  readonly decision?: RunAgentOptions['decision']
  /** Null: a new session. */
  readonly sessionId: string | null
  /** Somebody sits at a terminal and can be asked. */
  readonly canAsk: boolean
}

/** The options that the flags of `perdure run` stand for. @throws {PerdureError} `invalid_request`. */
export function runOptions(flags: RunFlags, situation: RunSituation): RunAgentOptions {
  const { prompt, decision, sessionId, canAsk } = situation
  const maxTurns = wholeNumber('max-turns', flags)
  const timeoutSeconds = positiveNumber('timeout-seconds', flags)
  const permissionMode = flags['permission-mode'] as RunAgentOptions['permissionMode']
  return defined({
    prompt,
    decision,
    approvals: approvalsOf(flags, canAsk),
    sessionId: sessionId ?? undefined,
    fork: flags.fork === undefined ? undefined : true,
    title: flags.title,
    tags: listOf(flags.tag),
    model: flags.model,
    script: flags.script,
    replay: flags.cassette,
    cwd: flags.cwd,
    tools: listOf(flags.tools),
    allowedTools: listOf(flags['allowed-tools']),
    permissionMode,
    allowDangerouslySkipPermissions: permissionMode === 'bypassPermissions' ? true : undefined,
    maxTurns,
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
    budget: budgetOf(flags),
    cache: cacheOf(flags),
    checkpoints: checkpointsOf(flags),
    userId: flags.user,
    dataDirectory: flags['data-dir'],
  })
}

function approvalsOf({ approvals }: RunFlags, canAsk: boolean): NonNullable<RunAgentOptions['approvals']> {
  if (approvals === 'stop') return 'stop'
  if (approvals === 'ask' && !canAsk) {
    throw usageError(
      '--approvals ask needs a terminal.',
      'Use --approvals refuse or stop, or allow tools with --allowed-tools.',
    )
  }
  return canAsk && approvals !== 'refuse' ? 'wait' : 'refuse'
}

function budgetOf(flags: RunFlags): RunAgentOptions['budget'] {
  const { 'max-cost-usd': limit, 'on-budget-exceeded': way } = flags
  if (limit === undefined) {
    if (way !== undefined) throw usageError('--on-budget-exceeded needs --max-cost-usd.', 'Give both.')
    return undefined
  }
  const onBudgetExceeded = way as NonNullable<RunAgentOptions['budget']>['onBudgetExceeded']
  return { maxCostUSD: dollars('max-cost-usd', limit), ...(onBudgetExceeded === undefined ? {} : { onBudgetExceeded }) }
}

function checkpointsOf(flags: RunFlags): RunAgentOptions['checkpoints'] {
  const beforeTools = listOf(flags['checkpoint-before'])
  if (flags.checkpoints !== false) return beforeTools === undefined ? undefined : { beforeTools }
  if (beforeTools === undefined) return 'off'
  throw usageError('--no-checkpoints and --checkpoint-before exclude each other.', 'Give one of them.')
}

function cacheOf(flags: RunFlags): RunAgentOptions['cache'] {
  const ttl = flags['cache-ttl'] as NonNullable<RunAgentOptions['cache']>['main']
  const minutes = positiveNumber('keep-warm-minutes', flags)
  if (ttl === undefined && minutes === undefined) return undefined
  return {
    ...(ttl === undefined ? {} : { main: ttl }),
    ...(minutes === undefined ? {} : { keepWarm: { forMs: minutes * 60_000 } }),
  }
}

/** Commas inside the brackets of a rule, as in `Bash(ls a,b)`, separate nothing. */
const listOf = (value: string | undefined): string[] | undefined =>
  value
    ?.split(/,(?![^(]*\))/)
    .map((item) => item.trim())
    .filter((item) => item !== '')

function positiveNumber(
  name: 'max-turns' | 'timeout-seconds' | 'keep-warm-minutes',
  flags: RunFlags,
): number | undefined {
  const written = flags[name]
  if (written === undefined) return undefined
  const value = Number(written)
  if (!(value > 0) || !Number.isFinite(value))
    throw usageError(`--${name} is a positive number, not ${written}.`, `For example --${name} 30`)
  return value
}

function wholeNumber(name: 'max-turns', flags: RunFlags): number | undefined {
  const value = positiveNumber(name, flags)
  if (value !== undefined && !Number.isInteger(value))
    throw usageError(`--${name} is a whole number.`, `For example --${name} 30`)
  return value
}

type Optional<Type> = { [Key in keyof Type]?: Type[Key] | undefined }

const defined = (options: Optional<RunAgentOptions>): RunAgentOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
