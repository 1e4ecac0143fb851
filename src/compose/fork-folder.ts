import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { SessionId } from '../domain/ids.ts'
import type { SessionRecords } from '../ports/session-records.ts'

/** Where the files of a fork are that has its own, when nobody names another folder. */
export const forkFolder = (dataDirectory: string, sessionId: SessionId): string =>
  join(dataDirectory, 'forks', sessionId)

/** Removes the folder that was made for a fork, unless another session works in it. */
export async function removeForkFolder(
  { sessions, dataDirectory }: { readonly sessions: SessionRecords; readonly dataDirectory: string },
  sessionId: SessionId,
): Promise<void> {
  const folder = forkFolder(dataDirectory, sessionId)
  if (!existsSync(folder)) return
  const records = await sessions.list()
  const isShared = records.some(({ workingDirectory }) => `${workingDirectory}${sep}`.startsWith(`${folder}${sep}`))
  if (!isShared) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
