import { resolve } from 'node:path'
import { rememberSecret } from '../domain/known-secrets.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { guardedUpstream } from '../gateway/traffic/guarded-upstreams.ts'
import {
  credentialsFromEnvironment,
  credentialVariable,
} from '../gateway/upstreams/anthropic/credentials-from-environment.ts'
import { claudeLoginUpstream } from '../gateway/upstreams/claude-login/claude-login-upstream.ts'
import { platformFromEnvironment } from '../gateway/upstreams/platform-from-environment.ts'
import { createScriptUpstream } from '../gateway/upstreams/script/create-script-upstream.ts'
import { loadScript } from '../gateway/upstreams/script/load-script.ts'
import type { ModelUpstream } from '../ports/model-gateway.ts'
import { defaultScope } from '../ports/storage.ts'
import { configuredKeys, configuredUpstream } from './configuration/configured-keys.ts'
import type { ModelConfiguration } from './configuration/configuration-schema.ts'
import { loadConfiguration } from './configuration/load-configuration.ts'
import { stallTimeouts } from './configuration/stall-timeouts.ts'
import { processRuntime } from './process-runtime.ts'
import type { PerdureRunOptions } from './run-agent-options.ts'
import { openVault } from './vault/open-vault.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What says who plays the model. */
export type UpstreamChoice = Pick<
  PerdureRunOptions,
  'upstream' | 'script' | 'allowLogin' | 'organizationId' | 'workspaceId' | 'dataDirectory' | 'storage'
>

interface Situation {
  readonly options: UpstreamChoice
  readonly environment: Environment
  readonly model: ModelConfiguration
}

/**
 * Who plays the model: the upstream or script that was given; else the keys of the configuration; else what the
 * environment names: a platform, the Anthropic API or a service like it by key or token, and at last the claude.ai
 * login of the person whose run it is. Nothing is ever scripted without having been asked for. All but scripts are
 * made once in a process.
 * @throws {PerdureError} `credentials_missing`, `credentials_failed`, `vault_locked`, `configuration_invalid`,
 * `authentication_failed`, `script_invalid`, `upstream_package_missing`, `invalid_request`.
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
  const { model } = await loadConfiguration({ environment, currentDirectory: process.cwd() })
  const situation = { options, environment, model }
  const found =
    (await ofConfiguration(situation)) ??
    (await ofPlatform(situation)) ??
    ofEnvironment(situation) ??
    (await ownLogin(situation))
  if (found !== undefined) return found
  throw new PerdureError(
    'credentials_missing',
    'There is no credential for the Anthropic API in the environment, and no configuration names one.',
  )
}

/** Asks the key once, so that one which is missing ends the run before it begins. */
async function ofConfiguration({ options, environment, model }: Situation): Promise<ModelUpstream | undefined> {
  const { storage, dataDirectory } = options
  const place = {
    ...(storage === undefined ? {} : { storage }),
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
  }
  const keys = configuredKeys(model, { environment, openVault: () => openVault(place) })
  if (keys.length === 0) return undefined
  const usesVault = keys.some(({ source }) => source.description.startsWith('vault '))
  const upstream = processRuntime().upstreams.shared(
    {
      owner: (usesVault ? storage : undefined) ?? environment,
      name: JSON.stringify(['configuration', model, usesVault ? dataDirectory : null]),
    },
    () => configuredUpstream(keys, { model, environment }),
  )
  const { organizationId, workspaceId } = { ...defaultScope, ...scopeOf(options) }
  await upstream.keyOf({ organizationId, workspaceId }).source.read()
  return upstream
}

const scopeOf = ({ organizationId, workspaceId }: UpstreamChoice): Partial<typeof defaultScope> => ({
  ...(organizationId === undefined ? {} : { organizationId }),
  ...(workspaceId === undefined ? {} : { workspaceId }),
})

/** What the platforms take from the environment and redaction must know. */
const platformSecrets = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_BEARER_TOKEN_BEDROCK',
  'ANTHROPIC_FOUNDRY_API_KEY',
]

async function ofPlatform({ environment, model }: Situation): Promise<ModelUpstream | undefined> {
  const made = platformFromEnvironment(environment)
  if (made === undefined) return undefined
  for (const name of platformSecrets) rememberSecret(environment[name]?.trim() ?? '')
  const settings = Object.entries(environment).filter(([name]) =>
    /^(AWS|ANTHROPIC|CLOUD_ML|GOOGLE|PERDURE)_/.test(name),
  )
  const platform = processRuntime().upstreams.shared(
    { owner: environment, name: JSON.stringify([made.name, settings, model.stall]) },
    () => made,
  )
  await platform.load()
  return withStall(platform, model)
}

function ofEnvironment({ environment, model }: Situation): ModelUpstream | undefined {
  const { baseUrl, allowInsecure } = model
  const found = credentialVariable(environment)
  if (found === undefined) return undefined
  const way = [found.variable, baseUrl ?? environment['ANTHROPIC_BASE_URL'], allowInsecure, model.stall]
  const upstream = processRuntime().upstreams.shared({ owner: environment, name: JSON.stringify(way) }, () =>
    credentialsFromEnvironment(environment, { baseUrl, allowInsecure })!,
  )
  return withStall(upstream, model)
}

/** A person’s login serves that person: no tenant’s runs, and no service but the one that gave it. */
async function ownLogin({ options, environment, model }: Situation): Promise<ModelUpstream | undefined> {
  const { organizationId, workspaceId } = { ...defaultScope, ...scopeOf(options) }
  const isNobodys = organizationId === defaultScope.organizationId && workspaceId === defaultScope.workspaceId
  const { allowLogin = isNobodys } = options
  if (!allowLogin || model.baseUrl !== undefined || environment['ANTHROPIC_BASE_URL']?.trim()) return undefined
  const login = await claudeLoginUpstream({ environment })
  if (login === undefined) return undefined
  const name = JSON.stringify([login.name, model.stall])
  return withStall(
    processRuntime().upstreams.shared({ owner: environment, name }, () => login),
    model,
  )
}

function withStall(upstream: ModelUpstream, model: ModelConfiguration): ModelUpstream {
  const stall = stallTimeouts(model)
  return stall === undefined ? upstream : guardedUpstream(upstream, { stall })
}
