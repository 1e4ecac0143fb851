import { newIdBody, sessionIdSchema } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Storage } from '../../ports/storage.ts'

/** No tenant's. */
const scope = { organizationId: 'perdure', workspaceId: 'this storage' }
const id = sessionIdSchema.parse(`sesn_${'0'.repeat(26)}`)

/** A name that a storage gave itself when it was first asked for it, the same for all processes from then on. */
export async function lastingNameOf(storage: Storage): Promise<string> {
  const { sessions } = storage.workspace(scope)
  const known = (await sessions.get(id)) ?? (await sessions.create(nameRecord()).catch(unlessExists))
  return (known ?? (await sessions.get(id)))!.metadata['name']!
}

/** The one thing that every storage creates once, whoever else tries at the same time, is the record of a session. */
const nameRecord = () => ({
  id,
  title: null,
  tags: [],
  metadata: { name: newIdBody() },
  workingDirectory: '/',
  model: null,
  parent: null,
  ttlSeconds: null,
})

function unlessExists(error: unknown): null {
  if (PerdureError.is(error) && error.code === 'session_exists') return null
  throw error
}
