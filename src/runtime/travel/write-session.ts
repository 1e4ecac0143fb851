import { isSameBudget } from '../../domain/budget-period.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { WaitingInput } from '../../ports/inbox.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import type { SessionPart } from './session-part.ts'

export interface ArrivalOptions {
  /** `replace`: the budgets that come hold from now on. `keep`: one that is here already holds. */
  readonly budgets: 'replace' | 'keep'
}

/** A session on its way into a storage: nobody finds it there before it is complete. */
export interface SessionArrival {
  /** Resolves once the part is durable. The parts are given in their order. */
  write(part: SessionPart): Promise<void>
  /** All was given: the session is there. */
  complete(): Promise<SessionRecord>
}

/**
 * Makes room for a session. What an earlier attempt had brought is removed, so that the same parts can be written anew.
 * @throws {PerdureError} `session_exists` when the session, or one of its conversations, is there already.
 */
export async function beginArrival(
  stores: WorkspaceStores,
  record: SessionRecord,
  options: ArrivalOptions,
): Promise<SessionArrival> {
  const sessionId = record.id
  const fence = await stores.transit.expect(record)
  const conversations = new Set<string>()
  const waiting: WaitingInput[] = []
  return {
    async write(part) {
      switch (part.type) {
        case 'events': {
          const logged = await stores.events.append(sessionId, part.events, { fence })
          const isSame = logged.every(({ sequence }, index) => sequence === part.events[index]?.sequence)
          if (isSame) return
          throw new PerdureError('storage_failed', `The events of ${sessionId} have other numbers in their new place.`)
        }
        case 'transcript': {
          const { agentSessionId } = part.key
          if (!conversations.has(agentSessionId)) await requireRoom(stores, agentSessionId)
          conversations.add(agentSessionId)
          return stores.transcripts.append(part.key, part.entries, { sessionId, fence })
        }
        case 'pack': {
          const isMissing = (await stores.checkpoints.missingPacks([part.name])).length > 0
          if (isMissing) await stores.checkpoints.putPack(part.name, part.bytes)
          return
        }
        case 'checkpoint':
          return stores.checkpoints.putRecord(sessionId, part.checkpoint)
        case 'budgets': {
          const known = options.budgets === 'keep' ? await stores.ledger.budgets() : []
          for (const budget of part.budgets) {
            if (!known.some((one) => isSameBudget(one, budget))) await stores.ledger.setBudget(budget)
          }
          return
        }
        case 'ledger':
          return stores.ledger.adopt(part.entries)
        case 'inbox':
          waiting.push(...part.waiting)
      }
    },
    complete: () => stores.transit.arrive(sessionId, { fence, waiting }),
  }
}

/** A conversation that is here belongs to somebody else, who would find foreign messages in it. */
async function requireRoom({ transcripts }: WorkspaceStores, agentSessionId: string): Promise<void> {
  if ((await transcripts.load({ agentSessionId })) === null) return
  throw new PerdureError('session_exists', `There is already a conversation ${agentSessionId}.`, {
    details: { agentSessionId },
    hint: 'Import the session under a new id.',
  })
}
