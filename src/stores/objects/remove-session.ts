import type { SessionId } from '../../domain/ids.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import type { SessionDocument } from './session-document.ts'
import { listsOf } from './spill-lists.ts'

/** What stays of a session that goes: its fence, and what is to be deleted now that nobody can name it any more. */
export async function withoutSession(
  workspace: ObjectWorkspace,
  document: SessionDocument,
  sessionId: SessionId,
): Promise<SessionDocument> {
  if (!document.session) return document
  const { incarnation, conversations } = document.session
  const batches = `${workspace.sessionBatches(sessionId)}/${incarnation}/`
  const garbage = new Set([...document.garbage, batches])
  for (const { conversation, isFrozen } of Object.values(conversations)) {
    // A frozen one is its next owner's.
    for (const list of conversation && !isFrozen ? listsOf(conversation) : []) {
      for (const key of await workspace.batches.keysOf(list)) garbage.add(key)
    }
  }
  // By name, since one that is made anew under this id may have checkpoints as soon as it is there.
  for (const key of await workspace.bucket.list(workspace.checkpointRecords(sessionId))) garbage.add(key)
  return { ...document, session: null, garbage: [...garbage] }
}

/** What is to be done once a session is removed. */
export async function endSession(workspace: ObjectWorkspace, sessionId: SessionId): Promise<void> {
  workspace.feed.end(workspace.topicOf(sessionId))
  await collectGarbage(workspace, sessionId)
}

/** Deletes what is left of removed sessions under an id. What fails is done by the next who comes by. */
export async function collectGarbage(workspace: ObjectWorkspace, sessionId: SessionId): Promise<void> {
  const document = workspace.session(sessionId)
  try {
    const { garbage } = await document.read()
    if (garbage.length === 0) return
    for (const prefix of garbage.filter(isPrefix)) await workspace.bucket.delete(await workspace.bucket.list(prefix))
    await workspace.bucket.delete(garbage.filter((key) => !isPrefix(key)))
    await document.forgetEarlier()
    const done = new Set(garbage)
    await document.change((state) => ({
      state: { ...state, garbage: state.garbage.filter((key) => !done.has(key)) },
      result: undefined,
    }))
  } catch {
    // The session is gone; its document remembers what is to be deleted.
  }
}

const isPrefix = (key: string): boolean => key.endsWith('/')

/** The ids of all sessions whose documents lie in the workspace, with the newest version of each. */
export async function sessionDocuments(workspace: ObjectWorkspace): Promise<{ sessionId: SessionId; key: string }[]> {
  const keys = await workspace.documents.newestBelow(workspace.sessionsPrefix)
  // The letters of such an id are all their own names.
  return keys.map((key) => ({ key, sessionId: key.split('/').at(-2) as SessionId }))
}
