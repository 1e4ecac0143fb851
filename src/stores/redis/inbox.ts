import type { EventId, SessionId } from '../../domain/ids.ts'
import type { UserInputEvent } from '../../domain/user-input.ts'
import type { Inbox, InputPriority, WaitingInput } from '../../ports/inbox.ts'
import { sessionNotFound } from '../leases/refusals.ts'
import type { RedisWorkspace } from './redis-workspace.ts'
import { listInputs, putInput, removeInputs } from './scripts/inbox-scripts.ts'

export class RedisInbox implements Inbox {
  readonly #workspace: RedisWorkspace

  constructor(workspace: RedisWorkspace) {
    this.#workspace = workspace
  }

  async put(sessionId: SessionId, input: UserInputEvent, options: { priority?: InputPriority } = {}): Promise<void> {
    const args = [sessionId, input.id, options.priority ?? 'next', JSON.stringify(input)]
    const [status] = await this.#workspace.run<string[]>(putInput, args)
    if (status !== 'ok') throw sessionNotFound(sessionId)
  }

  async list(sessionId: SessionId): Promise<WaitingInput[]> {
    const stored = await this.#workspace.run<string[]>(listInputs, [sessionId])
    return stored
      .map((text) => /^(\d+) (\w+) (.*)$/s.exec(text)!)
      .toSorted(([, left], [, right]) => Number(left) - Number(right))
      .map(([, , priority, payload]) => ({
        input: JSON.parse(payload!) as UserInputEvent,
        priority: priority as InputPriority,
      }))
  }

  async remove(sessionId: SessionId, ids: readonly EventId[]): Promise<EventId[]> {
    if (ids.length === 0) return []
    const [, ...removed] = await this.#workspace.run<string[]>(removeInputs, [sessionId, ...ids])
    return ids.filter((id) => removed.includes(id))
  }
}
