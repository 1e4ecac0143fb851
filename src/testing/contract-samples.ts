import { newEventId, newSessionId, type EventId } from '../domain/ids.ts'
import type { DraftOfType, EventDraft } from '../domain/session-event.ts'
import type { LeaseOwner } from '../ports/lease.ts'
import type { NewSessionRecord } from '../ports/session-records.ts'
import type { Storage, WorkspaceScope, WorkspaceStores } from '../ports/storage.ts'

/** The backend that a contract suite examines. */
export interface StorageUnderTest {
  /** A new, empty storage; `isOwnerGone` judges the owners of leases instead of the machine's processes. */
  open(options?: { isOwnerGone?: (owner: LeaseOwner) => boolean }): Promise<Storage>
}

export const scopeA: WorkspaceScope = { organizationId: 'org', workspaceId: 'a' }
/** Others who must not see what `scopeA` has: another workspace, and the same name in another organization. */
export const foreignScopes: readonly WorkspaceScope[] = [
  { organizationId: 'org', workspaceId: 'b' },
  { organizationId: 'other', workspaceId: 'a' },
]

/** Runs the test on an opened storage and closes it, however the test ends. */
export const withStorage =
  (backend: StorageUnderTest, test: (stores: WorkspaceStores, storage: Storage) => Promise<void>) => async () => {
    const storage = await backend.open()
    try {
      await test(storage.workspace(scopeA), storage)
    } finally {
      await storage.close()
    }
  }

export const sampleRecord = (change: Partial<NewSessionRecord> = {}): NewSessionRecord => ({
  id: newSessionId(),
  title: null,
  tags: [],
  metadata: {},
  workingDirectory: '/work/tree',
  model: null,
  parent: null,
  ttlSeconds: null,
  ...change,
})

export const newSession = async (stores: WorkspaceStores) => (await stores.sessions.create(sampleRecord())).id

export const sampleEvent = (text = 'hello'): EventDraft & { id: EventId } => ({
  type: 'agent.message',
  id: newEventId(),
  content: [{ type: 'text', text }],
  processed_at: '2026-01-01T00:00:00.000Z',
})

export const sampleEvents = (count: number) =>
  Array.from({ length: count }, (_, index) => sampleEvent(`event ${index}`))

export const sampleInput = (text = 'do it'): DraftOfType<'user.message'> & { id: EventId } => ({
  type: 'user.message',
  id: newEventId(),
  content: [{ type: 'text', text }],
  processed_at: null,
})

export const sampleOwner = (processId = 1): LeaseOwner => ({
  host: 'machine',
  processId,
  startedAt: 'then',
  runId: `run-${processId}`,
})

/** The code of the error that the promise ends in; undefined when it does not. */
export const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  )

export const pause = (durationMs: number) => new Promise<void>((resolve) => setTimeout(resolve, durationMs))

/** Takes the first `count` of a stream, then ends it. */
export async function take<Item>(source: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const items: Item[] = []
  if (count === 0) return items
  for await (const item of source) {
    items.push(item)
    if (items.length === count) break
  }
  return items
}
