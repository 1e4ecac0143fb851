import { PerdureError } from '../../errors/perdure-error.ts'
import type { TranscriptStore } from '../../ports/transcript-store.ts'

/** A session of the SDK as it names it: session ids are unique only within a project. */
export interface ProjectSession {
  readonly projectKey: string
  readonly sessionId: string
}

/** Bounds what is remembered; what is forgotten is looked up again. */
const rememberedIds = 10_000

/**
 * The conversations of the SDK's projects, beside those of Perdure's sessions in one transcript store: they are
 * named `<project>/<session>`, and Perdure's by the session alone, which no project can name.
 */
export class ProjectConversations {
  /** Conversations of projects that were seen to be there. */
  readonly #known = new Set<string>()

  /** Both parts are encoded, so that no project's name can reach into another project. @throws {PerdureError} `invalid_request`. */
  ownId({ projectKey, sessionId }: ProjectSession): string {
    return `${this.prefixOf(projectKey)}${encoded('sessionId', sessionId)}`
  }

  prefixOf(projectKey: string): string {
    return `${encoded('projectKey', projectKey)}/`
  }

  sessionIdOf(ownId: string): string {
    return decodeURIComponent(ownId.slice(ownId.indexOf('/') + 1))
  }

  /** What is to be read for this session: the project's own conversation, else the one of Perdure's session of this id. */
  async idToRead(transcripts: TranscriptStore, session: ProjectSession): Promise<string> {
    const ownId = this.ownId(session)
    if (this.#known.has(ownId)) return ownId
    if (await isThere(transcripts, ownId)) {
      this.remember(ownId)
      return ownId
    }
    const { sessionId } = session
    const isPlainId = encodeURIComponent(sessionId) === sessionId
    return isPlainId && (await isThere(transcripts, sessionId)) ? sessionId : ownId
  }

  /** From now on the project's own conversation is there. */
  remember(ownId: string): void {
    if (this.#known.size >= rememberedIds) this.#known.clear()
    this.#known.add(ownId)
  }

  forget(ownId: string): void {
    this.#known.delete(ownId)
  }
}

/** Half a character has no encoding, and databases would keep it as another one. */
function encoded(name: keyof ProjectSession, part: string): string {
  if (typeof part === 'string' && part.isWellFormed()) return encodeURIComponent(part)
  throw new PerdureError(
    'invalid_request',
    `The ${name} of a conversation must be a text without halves of characters.`,
  )
}

async function isThere(transcripts: TranscriptStore, agentSessionId: string): Promise<boolean> {
  const rows = await transcripts.list({ prefix: agentSessionId })
  return rows.some((row) => row.agentSessionId === agentSessionId)
}
