import type { Kysely } from 'kysely'
import type { EventId, SessionId } from '../../domain/ids.ts'
import type { UserInputEvent } from '../../domain/user-input.ts'
import type { Inbox, InputPriority, WaitingInput } from '../../ports/inbox.ts'
import { sessionNotFound } from '../leases/refusals.ts'
import type { SessionKey, Tables } from './schema.ts'
import { isAlive, keyOf, touched } from './session-row.ts'
import { topicOf, type SqlStoreContext } from './sql-store-context.ts'

/** Puts inputs into an inbox that is empty. */
export async function putInputs(
  transaction: Kysely<Tables>,
  key: SessionKey,
  waiting: readonly WaitingInput[],
): Promise<void> {
  for (const [index, { input, priority }] of waiting.entries()) {
    const row = { event_id: input.id, priority, payload: JSON.stringify(input), position: index + 1 }
    await transaction
      .insertInto('inbox')
      .values({ ...key, ...row })
      .execute()
  }
}

export class SqlInbox implements Inbox {
  readonly #context: SqlStoreContext

  constructor(context: SqlStoreContext) {
    this.#context = context
  }

  async put(sessionId: SessionId, input: UserInputEvent, options: { priority?: InputPriority } = {}): Promise<void> {
    const { backend, workspace } = this.#context
    const key = keyOf(workspace, sessionId)
    const row = { event_id: input.id, priority: options.priority ?? 'next', payload: JSON.stringify(input) }
    await backend.write(topicOf(key), async (transaction) => {
      const session = await transaction
        .updateTable('session')
        .set(touched(backend.now))
        .where((eb) => eb.and(key))
        .where(isAlive(backend.now))
        .returning('session_id')
        .executeTakeFirst()
      if (!session) throw sessionNotFound(sessionId)
      // An input that was already taken into the log must not be taken again.
      const logged = await transaction
        .selectFrom('event')
        .select('sequence')
        .where((eb) => eb.and({ ...key, event_id: input.id }))
        .executeTakeFirst()
      if (logged) return
      const last = await transaction
        .selectFrom('inbox')
        .select((eb) => eb.fn.max('position').as('position'))
        .where((eb) => eb.and(key))
        .executeTakeFirst()
      await transaction
        .insertInto('inbox')
        .values({ ...key, ...row, position: (last?.position ?? 0) + 1 })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    })
  }

  async list(sessionId: SessionId): Promise<WaitingInput[]> {
    const rows = await this.#context.backend.reader
      .selectFrom('inbox')
      .select(['payload', 'priority'])
      .where((eb) => eb.and(keyOf(this.#context.workspace, sessionId)))
      .orderBy('position')
      .execute()
    return rows.map((row) => ({
      input: JSON.parse(row.payload) as UserInputEvent,
      priority: row.priority as InputPriority,
    }))
  }

  async remove(sessionId: SessionId, ids: readonly EventId[]): Promise<EventId[]> {
    if (ids.length === 0) return []
    const key = keyOf(this.#context.workspace, sessionId)
    const rows = await this.#context.backend.write(topicOf(key), (transaction) =>
      transaction
        .deleteFrom('inbox')
        .where((eb) => eb.and(key))
        .where('event_id', 'in', [...ids])
        .returning('event_id')
        .execute(),
    )
    const removed = new Set(rows.map((row) => row.event_id))
    return ids.filter((id) => removed.has(id))
  }
}
