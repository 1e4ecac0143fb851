import { checkConfiguration } from './check-configuration.ts'
import type { Configuration } from './configuration-schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Variables that are settings, each at its place. */
const settings: Readonly<Record<string, { path: readonly string[]; read: (text: string) => unknown }>> = {
  PERDURE_MODEL_BASE_URL: { path: ['model', 'baseUrl'], read: String },
  PERDURE_ALLOW_INSECURE: { path: ['model', 'allowInsecure'], read: (text) => /^(1|true|yes|on)$/i.test(text) },
  PERDURE_PRICES: { path: ['model', 'prices'], read: String },
  PERDURE_STREAM_START_TIMEOUT_MS: { path: ['model', 'stall', 'streamStartTimeoutMs'], read: Number },
  PERDURE_FIRST_BYTE_TIMEOUT_MS: { path: ['model', 'stall', 'firstByteTimeoutMs'], read: Number },
  PERDURE_IDLE_TIMEOUT_MS: { path: ['model', 'stall', 'idleTimeoutMs'], read: Number },
  PERDURE_GATEWAY_URL: {
    path: ['model', 'gateway'],
    read: (url) => ({ url, tokenFrom: { env: 'PERDURE_GATEWAY_TOKEN' } }),
  },
}

export interface EnvironmentSetting {
  readonly variable: string
  readonly configuration: Configuration
}

/** The settings of the environment. @throws {PerdureError} `configuration_invalid`, naming the variable. */
export function environmentSettings(environment: Environment): EnvironmentSetting[] {
  return Object.entries(settings).flatMap(([variable, { path, read }]) => {
    const text = environment[variable]?.trim()
    if (!text) return []
    const value = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), read(text))
    return [{ variable, configuration: checkConfiguration(value, variable) }]
  })
}
