import { resolve } from 'node:path'
import { PerdureError } from '../errors/perdure-error.ts'
import { credentialsFromEnvironment } from '../gateway/upstreams/anthropic/credentials-from-environment.ts'
import { createScriptUpstream } from '../gateway/upstreams/script/create-script-upstream.ts'
import { loadScript } from '../gateway/upstreams/script/load-script.ts'
import type { ModelUpstream } from '../ports/model-gateway.ts'
import type { PerdureRunOptions } from './run-agent-options.ts'

/**
 * Who plays the model: the upstream or script that was given, else the Anthropic API with the
 * credentials of the environment. Nothing is ever scripted without having been asked for.
 * @throws {PerdureError} `credentials_missing`, `script_invalid`.
 */
export async function chooseUpstream(
  options: Pick<PerdureRunOptions, 'upstream' | 'script'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ModelUpstream> {
  const { upstream, script } = options
  if (upstream !== undefined && script !== undefined) {
    throw new PerdureError('invalid_request', 'Options upstream and script both say who plays the model.', {
      hint: 'Give one of them.',
    })
  }
  if (upstream !== undefined) return upstream
  if (typeof script === 'string') return createScriptUpstream(await loadScript(resolve(script)))
  if (script !== undefined) return createScriptUpstream(script)
  const anthropic = credentialsFromEnvironment(environment)
  if (anthropic === undefined) {
    throw new PerdureError('credentials_missing', 'There is no credential for the Anthropic API in the environment.')
  }
  return anthropic
}
