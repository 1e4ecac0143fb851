import { putBelow } from './batches.ts'
import { transcriptItems, type Conversation, type ConversationDocument } from './conversation.ts'
import { loggedItems, type SessionDocument, type StoredInput, type StoredSession } from './session-document.ts'
import { withTailStored, type StoredList } from './stored-list.ts'
import type { PutObject } from './versioned-document.ts'

/** What the ends of all lists may come to in one document, in characters; each write of it writes them again. */
const largestTails = 48_000
/** An input may hold pictures, and waits through many writes. */
const largestInput = 16_000

type PutBatch = (content: readonly unknown[]) => Promise<string>

/** One of the lists in a document. */
interface ListPlace<State> {
  readonly tailSize: number
  store(state: State): Promise<State>
}

/** Moves the longest ends into batches, until the rest is small. */
async function spill<State>(state: State, places: readonly ListPlace<State>[]): Promise<State> {
  let total = places.reduce((sum, { tailSize }) => sum + tailSize, 0)
  for (const place of places.toSorted((left, right) => right.tailSize - left.tailSize)) {
    if (total <= largestTails) break
    state = await place.store(state)
    total -= place.tailSize
  }
  return state
}

/** `prefixOf` says where the batches of a conversation lie: apart from the session's, since it may go to another one. */
export async function spillSession(
  state: SessionDocument,
  options: { prefix: string; prefixOf: (agentSessionId: string) => string; put: PutObject },
): Promise<SessionDocument> {
  if (!state.session) return state
  const { prefixOf, put } = options
  const prefix = `${options.prefix}/${state.session.incarnation}`
  const events: ListPlace<SessionDocument> = {
    tailSize: state.session.events.tailSize,
    store: async (document) => {
      const session = document.session!
      const stored = await withTailStored(session.events, { kind: loggedItems, put: putBelow(prefix, put) })
      return { ...document, session: { ...session, events: stored } }
    },
  }
  const conversations = Object.entries(state.session.conversations).flatMap(([id, { conversation }]) =>
    conversation ? placesOf(conversation, putBelow(prefixOf(id), put)).map((place) => inSession(id, place)) : [],
  )
  const inbox = await inboxOf(state.session, putBelow(prefix, put))
  return spill({ ...state, session: { ...state.session, inbox } }, [events, ...conversations])
}

async function inboxOf({ inbox }: StoredSession, put: PutBatch): Promise<StoredSession['inbox']> {
  const stored: StoredInput[] = []
  for (const input of inbox) {
    const { payload } = input
    const isLarge = typeof payload === 'string' && payload.length > largestInput
    stored.push(isLarge ? { ...input, payload: { storedAt: await put([payload]) } } : input)
  }
  return stored
}

export async function spillConversation(
  state: ConversationDocument,
  prefix: string,
  put: PutObject,
): Promise<ConversationDocument> {
  if (!state.own) return state
  const places = placesOf(state.own, putBelow(prefix, put)).map((place): ListPlace<ConversationDocument> => ({
    tailSize: place.tailSize,
    store: async (document) => ({ ...document, own: await place.store(document.own!) }),
  }))
  return spill(state, places)
}

const placesOf = (conversation: Conversation, put: PutBatch): ListPlace<Conversation>[] =>
  Object.entries(conversation.parts).map(([subpath, list]) => ({
    tailSize: list.tailSize,
    store: async (given) => {
      const stored = await withTailStored(given.parts[subpath]!, { kind: transcriptItems, put })
      return { ...given, parts: { ...given.parts, [subpath]: stored } }
    },
  }))

const inSession = (id: string, place: ListPlace<Conversation>): ListPlace<SessionDocument> => ({
  tailSize: place.tailSize,
  store: async (document) => {
    const session = document.session!
    const kept = session.conversations[id]!
    const conversation = await place.store(kept.conversation!)
    return {
      ...document,
      session: { ...session, conversations: { ...session.conversations, [id]: { ...kept, conversation } } },
    }
  },
})

export const listsOf = ({ parts }: Conversation): StoredList<unknown>[] => Object.values(parts)
