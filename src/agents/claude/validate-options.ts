import { existsSync } from 'node:fs'
import { PerdureError } from '../../errors/perdure-error.ts'
import { isOwnedVariable } from './agent-environment.ts'
import { checkOptionValues } from './check-option-values.ts'
import type { ClaudeAgentOptions } from './claude-agent-options.ts'
import { nearestName } from './nearest-name.ts'
import { optionRules, ownedFlags } from './option-rules.ts'
import { compileOutputSchema } from './structured-output.ts'

type OptionName = keyof typeof optionRules

/**
 * Refuses what would be ignored, weakened or taken out of Perdure's hands, before anything starts. The
 * types say the same, but JavaScript callers and parsed configuration do not see them.
 * @throws {PerdureError} `option_not_supported`, `invalid_request`, `agent_binary_missing`.
 */
export function validateOptions(options: ClaudeAgentOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!isOptionName(name)) throw unknownOption(name)
    if (value !== undefined) refuseOwned(name, name)
  }
  for (const flag of Object.keys(options.extraArgs ?? {})) {
    const name = ownedFlags[flag.replace(/^-+/, '')]
    if (name !== undefined) refuseOwned(name, `extraArgs['${flag}']`)
  }
  refuseOwnedVariables('env', options.env)
  refuseOwnedVariables('settings.env', environmentOf(options.settings))
  refuseOwnedVariables('managedSettings.env', environmentOf(options.managedSettings))
  checkOptionValues(options)
  refuseBypassAsRoot(options)
  if (options.outputFormat !== undefined) compileOutputSchema(options.outputFormat.schema)
  requireBinary(options.pathToClaudeCodeExecutable)
}

const isOptionName = (name: string): name is OptionName => Object.hasOwn(optionRules, name)

function unknownOption(name: string): PerdureError {
  const nearest = nearestName(name, Object.keys(optionRules))
  const hint = nearest === null ? 'docs/reference/agent-options.md lists the options.' : `Did you mean ${nearest}?`
  return new PerdureError('invalid_request', `The agent has no option ${name}.`, { hint, details: { option: name } })
}

function refuseOwned(name: OptionName, writtenAs: string): void {
  const rule = optionRules[name]
  if (rule === 'passes') return
  throw new PerdureError('option_not_supported', `The option ${writtenAs} is Perdure’s own. ${rule.owned}`, {
    hint: rule.owned,
    details: { option: name },
  })
}

function refuseOwnedVariables(place: string, environment: Readonly<Record<string, unknown>> | undefined): void {
  const name = Object.keys(environment ?? {}).find(isOwnedVariable)
  if (name === undefined) return
  const hint = `Leave ${name} out of ${place}: Perdure gives the agent its address, its token and its folder by itself.`
  throw new PerdureError('option_not_supported', `${place} may not set ${name}.`, {
    hint,
    details: { option: place, variable: name },
  })
}

const environmentOf = (settings: ClaudeAgentOptions['settings']): Readonly<Record<string, unknown>> | undefined =>
  typeof settings === 'object' ? settings.env : undefined

/** The agent would exit at once with a line on its standard error. */
function refuseBypassAsRoot(options: ClaudeAgentOptions): void {
  const bypasses = options.permissionMode === 'bypassPermissions' || options.allowDangerouslySkipPermissions === true
  // As the agent will see it: `env` lies over the host's environment, and `undefined` takes a variable out.
  const { IS_SANDBOX } = { ...process.env, ...options.env }
  if (!bypasses || process.getuid?.() !== 0 || IS_SANDBOX === '1') return
  throw new PerdureError('option_not_supported', 'The agent refuses bypassPermissions when it runs as root.', {
    hint: "Run as another user; or, where this machine is a sandbox itself, say so with env: { IS_SANDBOX: '1' }.",
    details: { option: 'permissionMode' },
  })
}

function requireBinary(path: string | undefined): void {
  if (path === undefined || existsSync(path)) return
  throw new PerdureError('agent_binary_missing', `There is no agent at ${path}.`, {
    hint: 'Correct pathToClaudeCodeExecutable, or leave it out to use the agent that comes with the SDK.',
    details: { path },
  })
}
