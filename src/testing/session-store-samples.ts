import { randomUUID } from 'node:crypto'
import {
  projectSessionStore,
  type CompleteSessionStore,
  type SessionKey,
  type SessionStoreEntry,
} from '../agents/claude/project-session-store.ts'
import type { Storage } from '../ports/storage.ts'
import { scopeA, withStorage, type StorageUnderTest } from './contract-samples.ts'

/** Runs the test on two session stores over one storage, as two processes have them. */
export const withSessionStores = (
  backend: StorageUnderTest,
  test: (store: CompleteSessionStore, other: CompleteSessionStore, storage: Storage) => Promise<void>,
) =>
  withStorage(backend, ({ transcripts }, storage) => {
    const open = () => projectSessionStore(async () => transcripts)
    return test(open(), open(), storage)
  })

/** The session store of another workspace. */
export const sessionStoreOf = (storage: Storage, scope = scopeA): CompleteSessionStore =>
  projectSessionStore(async () => storage.workspace(scope).transcripts)

export const newKey = (projectKey = '-work-app'): SessionKey => ({ projectKey, sessionId: randomUUID() })

/** An entry that the SDK may send twice, and keeps once. */
export const named = (fields: Record<string, unknown> = {}): SessionStoreEntry => ({
  type: 'user',
  uuid: randomUUID(),
  timestamp: new Date().toISOString(),
  ...fields,
})

/** An entry without an id: each one counts. */
export const unnamed = (fields: Record<string, unknown> = {}): SessionStoreEntry => ({ type: 'mode', ...fields })

/** A conversation as the agent writes it: questions and answers in a chain. */
export function conversation(sessionId: string, words: readonly string[]): SessionStoreEntry[] {
  let parentUuid: string | null = null
  return words.map((text, index) => {
    const type = index % 2 === 0 ? 'user' : 'assistant'
    const entry: SessionStoreEntry & { uuid: string } = {
      type,
      uuid: randomUUID(),
      parentUuid,
      sessionId,
      isSidechain: false,
      userType: 'external',
      cwd: '/work/app',
      version: '2.1.0',
      timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
      message:
        type === 'user'
          ? { role: type, content: text }
          : { role: type, type: 'message', id: `msg_${index}`, model: 'claude', content: [{ type: 'text', text }] },
    }
    parentUuid = entry.uuid
    return entry
  })
}
