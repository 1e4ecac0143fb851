import { credentialVariable } from '../gateway/upstreams/anthropic/credentials-from-environment.ts'
import type { ModelKey } from '../gateway/credentials/keyed-upstream.ts'
import { chooseUpstream } from './choose-upstream.ts'
import { configuredKeys } from './configuration/configured-keys.ts'
import { loadConfiguration } from './configuration/load-configuration.ts'
import { openVault } from './vault/open-vault.ts'

export interface CredentialsInEffect {
  /** Where they come from; never what they are. */
  readonly found: string
  /** What a careful owner would mend. */
  readonly warnings: readonly string[]
}

/**
 * Which credentials runs get here, each asked for once.
 * @throws {PerdureError} as `chooseUpstream`, when there are none or a source fails.
 */
export async function describeCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  options: { dataDirectory?: string } = {},
): Promise<CredentialsInEffect> {
  const { model } = await loadConfiguration({ environment, currentDirectory: process.cwd() })
  const keys = configuredKeys(model, { environment, openVault: () => openVault(options) })
  if (keys.length === 0) {
    const { name } = await chooseUpstream(options, environment)
    const variable = name === 'anthropic' ? credentialVariable(environment)?.variable : undefined
    return { found: variable === undefined ? name : `environment variable ${variable}`, warnings: [] }
  }
  const warnings = await Promise.all(keys.map(warningOf))
  return { found: keys.map(describeKey).join('; '), warnings: warnings.filter((warning) => warning !== undefined) }
}

async function warningOf({ source }: ModelKey): Promise<string | undefined> {
  await source.read()
  return source.warning?.()
}

const describeKey = ({ name, source, tenants }: ModelKey): string =>
  `${name}: ${source.description}${tenants === undefined ? '' : ` for ${tenants.join(', ')}`}`
