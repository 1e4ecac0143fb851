import type { EventId, SessionId } from '../../domain/ids.ts'
import type { UserInputEvent } from '../../domain/user-input.ts'
import type { Inbox, InputPriority, WaitingInput } from '../../ports/inbox.ts'
import { sessionNotFound } from '../leases/refusals.ts'
import { findLogged } from './event-log.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import { alive, touched } from './session-document.ts'

export class ObjectInbox implements Inbox {
  readonly #workspace: ObjectWorkspace

  constructor(workspace: ObjectWorkspace) {
    this.#workspace = workspace
  }

  async put(sessionId: SessionId, input: UserInputEvent, options: { priority?: InputPriority } = {}): Promise<void> {
    const waiting = { id: input.id, priority: options.priority ?? 'next', payload: JSON.stringify(input) }
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
    const { session } = await this.#workspace.session(sessionId).read()
    const waiting = session?.inbox ?? []
    return waiting.map(({ priority, payload }) => ({ input: JSON.parse(payload) as UserInputEvent, priority }))
  }

  async remove(sessionId: SessionId, ids: readonly EventId[]): Promise<EventId[]> {
    if (ids.length === 0) return []
    return this.#workspace.session(sessionId).change((document) => {
      const waiting = new Set(document.session?.inbox.map(({ id }) => id))
      const removed = ids.filter((id) => waiting.delete(id))
      if (removed.length === 0 || !document.session) return { state: document, result: [] }
      const inbox = document.session.inbox.filter(({ id }) => waiting.has(id))
      return { state: { ...document, session: { ...document.session, inbox } }, result: removed }
    })
  }
}
