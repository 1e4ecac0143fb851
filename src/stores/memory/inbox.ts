import type { EventId, SessionId } from '../../domain/ids.ts'
import type { UserInputEvent } from '../../domain/user-input.ts'
import type { Inbox, InputPriority, WaitingInput } from '../../ports/inbox.ts'
import { sessionNotFound } from '../leases/refusals.ts'
import { touch, type MemoryWorkspace } from './memory-workspace.ts'

export class MemoryInbox implements Inbox {
  readonly #workspace: MemoryWorkspace

  constructor(workspace: MemoryWorkspace) {
    this.#workspace = workspace
  }

  async put(sessionId: SessionId, input: UserInputEvent, options: { priority?: InputPriority } = {}): Promise<void> {
    const session = this.#workspace.alive(sessionId)
    if (!session) throw sessionNotFound(sessionId)
    touch(session)
    const id = input.id as EventId
    // An input that was already taken into the log must not be taken again.
    if (session.sequenceById.has(id) || session.inbox.has(id)) return
    session.inbox.set(id, { priority: options.priority ?? 'next', payload: JSON.stringify(input) })
  }

  async list(sessionId: SessionId): Promise<WaitingInput[]> {
    const waiting = [...(this.#workspace.sessions.get(sessionId)?.inbox.values() ?? [])]
    return waiting.map(({ priority, payload }) => ({ input: JSON.parse(payload) as UserInputEvent, priority }))
  }

  async remove(sessionId: SessionId, ids: readonly EventId[]): Promise<EventId[]> {
    const inbox = this.#workspace.sessions.get(sessionId)?.inbox
    return ids.filter((id) => inbox?.delete(id) ?? false)
  }
}
