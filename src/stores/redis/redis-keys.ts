import { PerdureError } from '../../errors/perdure-error.ts'
import type { WorkspaceScope } from '../../ports/storage.ts'

/**
 * What the keys of a workspace begin with. The tenant stands first, in the braces by which a Redis Cluster keeps all of a
 * workspace together; no name can get out of its place, because it is escaped.
 */
export const workspacePrefix = (keyPrefix: string, { organizationId, workspaceId }: WorkspaceScope): string =>
  `${keyPrefix}:{${escapeName(organizationId)}/${escapeName(workspaceId)}}:`

/** The same for the books of an organization, which are kept together: the workspace, or "@" for what all share, comes next. */
export const booksPrefix = (keyPrefix: string, organizationId: string): string =>
  `${keyPrefix}:{${escapeName(organizationId)}}/`

/** A name as it may stand in a key. @throws {PerdureError} `invalid_request` for a text that UTF-8 cannot hold. */
export function escapeName(name: string): string {
  if (!name.isWellFormed()) throw new PerdureError('invalid_request', `a name is no text: ${JSON.stringify(name)}`)
  return encodeURIComponent(name)
}

export const unescapeName = (escaped: string): string => decodeURIComponent(escaped)
