import { PerdureError } from '../errors/perdure-error.ts'
import type { WorkspaceScope } from './storage.ts'

const longestName = 200

/**
 * The scope, if every storage can tell it from all others: its names are texts of 1 to 200 characters without NUL. Databases
 * would keep what is no text as something else, which may be another tenant's name.
 * @throws {PerdureError} `invalid_request`.
 */
export function checkScope(scope: WorkspaceScope): WorkspaceScope {
  for (const option of ['organizationId', 'workspaceId'] as const) {
    const name: unknown = scope[option]
    if (typeof name === 'string' && isName(name)) continue
    const message = `Option ${option} must be a text of 1 to ${longestName} characters, without NUL or halves of characters.`
    throw new PerdureError('invalid_request', message, { details: { option } })
  }
  return scope
}

const isName = (name: string): boolean =>
  name !== '' && name.length <= longestName && name.isWellFormed() && !name.includes('\0')
