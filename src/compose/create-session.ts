import { resolve } from 'node:path'
import { newSessionId } from '../domain/ids.ts'
import { checkTtl } from './check-ttl.ts'
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts'
import { Session } from './session.ts'

export interface CreateSessionOptions extends WorkspaceOptions {
  readonly title?: string
  readonly tags?: readonly string[]
  readonly metadata?: Readonly<Record<string, string>>
  /** Where its agent works, until a run says otherwise. Default: the current folder. */
  readonly cwd?: string
  /** Seconds after the last change at which it expires. Default: never. */
  readonly ttl?: number
}

/** A new session, with nothing said yet. @throws {PerdureError} `invalid_request`, and what the storage throws. */
export async function createSession(options: CreateSessionOptions = {}): Promise<Session> {
  const { title = null, tags = [], metadata = {}, cwd = '.', ttl = null, ...workspaceOptions } = options
  checkTtl(ttl)
  const { stores } = await openWorkspace(workspaceOptions)
  const record = await stores.sessions.create({
    id: newSessionId(),
    title,
    tags,
    metadata,
    workingDirectory: resolve(cwd),
    model: null,
    parent: null,
    ttlSeconds: ttl,
  })
  return new Session(record, { stores, options: workspaceOptions })
}
