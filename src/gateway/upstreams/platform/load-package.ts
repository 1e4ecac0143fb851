import { PerdureError } from '../../../errors/perdure-error.ts'

/**
 * Loads the client of a platform, an optional peer package, when it is needed.
 * @throws {PerdureError} `upstream_package_missing` when it is not installed.
 */
export async function loadPackage<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new PerdureError('upstream_package_missing', `The package ${name} is not installed, or not whole.`, {
      hint: `npm install ${name}`,
      details: { package: name },
      cause,
    })
  }
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error &&
  'code' in cause &&
  (cause.code === 'ERR_MODULE_NOT_FOUND' || cause.code === 'MODULE_NOT_FOUND')
