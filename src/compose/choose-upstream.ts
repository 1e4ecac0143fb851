import { resolve } from 'node:path'
import { PerdureError } from '../errors/perdure-error.ts'
import { credentialsFromEnvironment } from '../gateway/upstreams/anthropic/credentials-from-environment.ts'
import { claudeLoginUpstream } from '../gateway/upstreams/claude-login/claude-login-upstream.ts'
import { platformFromEnvironment } from '../gateway/upstreams/platform-from-environment.ts'
import { createScriptUpstream } from '../gateway/upstreams/script/create-script-upstream.ts'
import { loadScript } from '../gateway/upstreams/script/load-script.ts'
import type { ModelUpstream } from '../ports/model-gateway.ts'
import { defaultScope } from '../ports/storage.ts'
import type { PerdureRunOptions } from './run-agent-options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What says who plays the model. */
export type UpstreamChoice = Pick<
  PerdureRunOptions,
  'upstream' | 'script' | 'allowLogin' | 'organizationId' | 'workspaceId'
>

/**
 * Who plays the model: the upstream or script that was given, else what the environment names: a platform, the
 * Anthropic API or a service like it by key or token, and at last the claude.ai login of the person whose run it
 * is. Nothing is ever scripted without having been asked for.
 * @throws {PerdureError} `credentials_missing`, `authentication_failed`, `script_invalid`,
 * `upstream_package_missing`, `invalid_request`.
 */
export async function chooseUpstream(options: UpstreamChoice, environment: Environment): Promise<ModelUpstream> {
  const { upstream, script } = options
  if (upstream !== undefined && script !== undefined) {
    throw new PerdureError('invalid_request', 'Options upstream and script both say who plays the model.', {
      hint: 'Give one of them.',
    })
  }
  if (upstream !== undefined) return upstream
  if (typeof script === 'string') return createScriptUpstream(await loadScript(resolve(script)))
  if (script !== undefined) return createScriptUpstream(script)
  const platform = platformFromEnvironment(environment)
  if (platform !== undefined) {
    await platform.load()
    return platform
  }
  const found = credentialsFromEnvironment(environment) ?? (await ownLogin(options, environment))
  if (found === undefined) {
    throw new PerdureError('credentials_missing', 'There is no credential for the Anthropic API in the environment.')
  }
  return found
}

/** A person’s login serves that person: no tenant’s runs, and no service but the one that gave it. */
async function ownLogin(
  {
    organizationId,
    workspaceId,
    allowLogin = (organizationId ?? defaultScope.organizationId) === defaultScope.organizationId &&
      (workspaceId ?? defaultScope.workspaceId) === defaultScope.workspaceId,
  }: UpstreamChoice,
  environment: Environment,
): Promise<ModelUpstream | undefined> {
  if (!allowLogin || environment['ANTHROPIC_BASE_URL']?.trim()) return undefined
  return claudeLoginUpstream({ environment })
}
