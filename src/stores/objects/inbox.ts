import type { EventId, SessionId } from '../../domain/ids.ts'
import type { UserInputEvent } from '../../domain/user-input.ts'
import type { Inbox, InputPriority, WaitingInput } from '../../ports/inbox.ts'
import { sessionNotFound } from '../leases/refusals.ts'
import { readingNewest } from './batches.ts'
import { findLogged } from './find-logged.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import { alive, touched, type StoredInput } from './session-document.ts'

export class ObjectInbox implements Inbox {
  readonly #workspace: ObjectWorkspace

  constructor(workspace: ObjectWorkspace) {
    this.#workspace = workspace
  }

  async put(sessionId: SessionId, input: UserInputEvent, options: { priority?: InputPriority } = {}): Promise<void> {
    const waiting: StoredInput = { id: input.id, priority: options.priority ?? 'next', payload: JSON.stringify(input) }
    await this.#workspace.session(sessionId).change(async (document, nowMs) => {
      const session = alive(document, nowMs)
      if (!session) throw sessionNotFound(sessionId)
      // An input that was already taken into the log must not be taken again.
      const isKnown =
        session.inbox.some(({ id }) => id === waiting.id) ||
        (await findLogged(this.#workspace.batches, session.events, [waiting.id])).size > 0
      const inbox = isKnown ? session.inbox : [...session.inbox, waiting]
      return { state: { ...document, session: { ...touched(session, nowMs), inbox } }, result: undefined }
    })
  }

  async list(sessionId: SessionId): Promise<WaitingInput[]> {
    return readingNewest(
      () => this.#workspace.session(sessionId).read(),
      async ({ session }) => {
        const waiting: WaitingInput[] = []
        for (const { priority, payload } of session?.inbox ?? []) {
          const text = typeof payload === 'string' ? payload : await this.#stored(payload.storedAt)
          waiting.push({ input: JSON.parse(text) as UserInputEvent, priority })
        }
        return waiting
      },
    )
  }

  async remove(sessionId: SessionId, ids: readonly EventId[]): Promise<EventId[]> {
    if (ids.length === 0) return []
    const { removed, taken } = await this.#workspace.session(sessionId).change((document) => {
      const given = new Set<string>(ids)
      const { session } = document
      const gone = session?.inbox.filter(({ id }) => given.has(id)) ?? []
      const result = { removed: ids.filter((id) => gone.some((input) => input.id === id)), taken: gone }
      if (!session || gone.length === 0) return { state: document, result }
      const inbox = session.inbox.filter(({ id }) => !given.has(id))
      return { state: { ...document, session: { ...session, inbox } }, result }
    })
    await deleteStored(this.#workspace, taken)
    return removed
  }

  async #stored(key: string): Promise<string> {
    return (await this.#workspace.batches.content(key))[0] as string
  }
}

/** What large inputs have left in the bucket, once they wait no more. */
export async function deleteStored({ bucket }: ObjectWorkspace, taken: readonly StoredInput[]): Promise<void> {
  const keys = taken.flatMap(({ payload }) => (typeof payload === 'string' ? [] : payload.storedAt))
  if (keys.length > 0) await bucket.delete(keys)
}
