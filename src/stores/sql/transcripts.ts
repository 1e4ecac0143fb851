import type { Kysely } from 'kysely'
import type { SessionId } from '../../domain/ids.ts'
import type { JsonValue } from '../../domain/json-value.ts'
import type {
  ListedTranscript,
  TranscriptAppendOptions,
  TranscriptEntry,
  TranscriptKey,
  TranscriptStore,
} from '../../ports/transcript-store.ts'
import { leaseLost } from '../leases/refusals.ts'
import type { ConversationTable, Tables } from './schema.ts'
import { keyOf, refusalOf } from './session-row.ts'
import { topicOf, type SqlStoreContext } from './sql-store-context.ts'

const rowsPerStatement = 50
const mainSubpath = ''
/** Above every id that begins as the prefix before it: text is ordered by its bytes in both databases. */
const greatestCharacter = '\u{10FFFF}'

export class SqlTranscriptStore implements TranscriptStore {
  readonly #context: SqlStoreContext

  constructor(context: SqlStoreContext) {
    this.#context = context
  }

  async append(
    key: TranscriptKey,
    entries: readonly TranscriptEntry[],
    options: TranscriptAppendOptions = {},
  ): Promise<void> {
    if (entries.length === 0) return
    const rows = entries.map((entry) => ({
      ...this.#conversation(key.agentSessionId),
      subpath: key.subpath ?? mainSubpath,
      uuid: typeof entry['uuid'] === 'string' ? entry['uuid'] : null,
      payload: JSON.stringify(entry),
    }))
    const fence = options.fence ?? 0
    await this.#context.backend.write(this.#turn(key.agentSessionId, options.sessionId), async (transaction) => {
      const owner = await this.#owner(transaction, key.agentSessionId, options.sessionId)
      if (owner !== null) await this.#guard(transaction, owner, fence)
      const write = { agentSessionId: key.agentSessionId, owner, fence, count: rows.length }
      const { last_position: lastPosition, summary } = await this.#advance(transaction, write)
      if (options.summarize) {
        const next = JSON.stringify(options.summarize(parsed(summary)))
        await transaction
          .updateTable('conversation')
          .set({ summary: next })
          .where((eb) => eb.and(this.#conversation(key.agentSessionId)))
          .execute()
      }
      const placed = rows.map((row, index) => ({ ...row, position: lastPosition - rows.length + 1 + index }))
      for (let start = 0; start < placed.length; start += rowsPerStatement) {
        await transaction
          .insertInto('transcript_entry')
          .values(placed.slice(start, start + rowsPerStatement))
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      }
    })
  }

  async load(key: TranscriptKey): Promise<TranscriptEntry[] | null> {
    const rows = await this.#context.backend.reader
      .selectFrom('transcript_entry')
      .select('payload')
      .where((eb) => eb.and({ ...this.#conversation(key.agentSessionId), subpath: key.subpath ?? mainSubpath }))
      .orderBy('position')
      .execute()
    return rows.length === 0 ? null : rows.map((row) => JSON.parse(row.payload) as TranscriptEntry)
  }

  async listSubpaths(agentSessionId: string): Promise<string[]> {
    const rows = await this.#context.backend.reader
      .selectFrom('transcript_entry')
      .select('subpath')
      .distinct()
      .where((eb) => eb.and(this.#conversation(agentSessionId)))
      .where('subpath', '!=', mainSubpath)
      .orderBy('subpath')
      .execute()
    return rows.map((row) => row.subpath)
  }

  async list({ prefix = '' }: { readonly prefix?: string } = {}): Promise<ListedTranscript[]> {
    const rows = await this.#context.backend.reader
      .selectFrom('conversation')
      .select(['agent_session_id', 'updated_at', 'summary'])
      .where((eb) => eb.and(this.#context.workspace))
      .where('agent_session_id', '>=', prefix)
      .where('agent_session_id', '<', `${prefix}${greatestCharacter}`)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('transcript_entry')
            .select('transcript_entry.position')
            .whereRef('transcript_entry.organization_id', '=', 'conversation.organization_id')
            .whereRef('transcript_entry.workspace_id', '=', 'conversation.workspace_id')
            .whereRef('transcript_entry.agent_session_id', '=', 'conversation.agent_session_id')
            .where('transcript_entry.subpath', '=', mainSubpath),
        ),
      )
      .orderBy('updated_at', 'desc')
      .orderBy('agent_session_id')
      .execute()
    return rows.map((row) => ({
      agentSessionId: row.agent_session_id,
      updatedAt: new Date(row.updated_at),
      summary: parsed(row.summary),
    }))
  }

  async delete(key: TranscriptKey): Promise<void> {
    const conversation = this.#conversation(key.agentSessionId)
    await this.#context.backend.write(this.#turn(key.agentSessionId), async (transaction) => {
      const entries = transaction.deleteFrom('transcript_entry').where((eb) => eb.and(conversation))
      if (key.subpath !== undefined) {
        await entries.where('subpath', '=', key.subpath).execute()
        return
      }
      await entries.execute()
      // A session's conversation stays its own, so that a driver that lost the session cannot write it anew.
      await transaction
        .deleteFrom('conversation')
        .where((eb) => eb.and(conversation))
        .where('session_id', 'is', null)
        .execute()
      await transaction
        .updateTable('conversation')
        .set({ summary: null })
        .where((eb) => eb.and(conversation))
        .execute()
    })
  }

  async #owner(transaction: Kysely<Tables>, agentSessionId: string, given?: SessionId): Promise<SessionId | null> {
    if (given !== undefined) return given
    const row = await transaction
      .selectFrom('conversation')
      .select('session_id')
      .where((eb) => eb.and(this.#conversation(agentSessionId)))
      .executeTakeFirst()
    return (row?.session_id ?? null) as SessionId | null
  }

  async #guard(transaction: Kysely<Tables>, owner: SessionId, fence: number): Promise<void> {
    const key = keyOf(this.#context.workspace, owner)
    const session = await transaction
      .updateTable('session')
      .set({ fence })
      .where((eb) => eb.and(key))
      .where('fence', '<=', fence)
      .returning('fence')
      .executeTakeFirst()
    if (!session) throw await refusalOf(transaction, key, fence)
  }

  /** Makes room for `count` entries, and locks the row; a conversation without a session is fenced by itself. */
  async #advance(
    transaction: Kysely<Tables>,
    write: { agentSessionId: string; owner: SessionId | null; fence: number; count: number },
  ): Promise<Pick<ConversationTable, 'last_position' | 'summary'>> {
    const key = this.#conversation(write.agentSessionId)
    const now = this.#context.backend.now
    const advanced = await transaction
      .insertInto('conversation')
      .values({ ...key, session_id: write.owner, fence: write.fence, last_position: write.count, updated_at: now })
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'workspace_id', 'agent_session_id'])
          .doUpdateSet((eb) => ({
            // A session that claimed the conversation just now keeps it.
            session_id: eb.fn.coalesce('excluded.session_id', 'conversation.session_id'),
            fence: write.fence,
            last_position: eb('conversation.last_position', '+', write.count),
            updated_at: now,
          }))
          .where('conversation.fence', '<=', write.owner === null ? write.fence : Number.MAX_SAFE_INTEGER),
      )
      .returning(['last_position', 'summary'])
      .executeTakeFirst()
    if (advanced) return advanced
    const { fence } = await transaction
      .selectFrom('conversation')
      .select('fence')
      .where((eb) => eb.and(key))
      .executeTakeFirstOrThrow()
    throw leaseLost(`conversation ${write.agentSessionId}`, { fence: write.fence, highestFence: fence })
  }

  /** The session's, where it is known whose conversation this is. */
  #turn(agentSessionId: string, sessionId?: SessionId): string {
    const { workspace } = this.#context
    if (sessionId !== undefined) return topicOf(keyOf(workspace, sessionId))
    return JSON.stringify(['conversation', workspace.organization_id, workspace.workspace_id, agentSessionId])
  }

  #conversation(agentSessionId: string) {
    return { ...this.#context.workspace, agent_session_id: agentSessionId }
  }
}

const parsed = (summary: string | null): JsonValue | null =>
  summary === null ? null : (JSON.parse(summary) as JsonValue)
