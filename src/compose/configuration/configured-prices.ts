import { loadConfiguration } from './load-configuration.ts'

/** The file of prices that the configuration names, if any. @throws {PerdureError} `configuration_invalid`. */
export async function configuredPrices(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const { model } = await loadConfiguration({ environment, currentDirectory: process.cwd() })
  return model.prices
}
