import { sessionIdSchema } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { defaultScope, type StorageSource, type WorkspaceStores } from '../../ports/storage.ts'
import {
  moveSession as moveBetweenStores,
  type MovedSession,
  type MoveProgress,
} from '../../runtime/travel/move-session.ts'
import { ownerOfThisProcess } from '../../stores/leases/process-liveness.ts'
import { openWorkspace, type OpenWorkspace, type WorkspaceOptions } from '../open-workspace.ts'
import { leaseTtlMs } from '../run-agent.ts'
import { storageFromUrl } from './storage-from-url.ts'

/** A storage, or what names one: a URL as `storageFromUrl` takes it, or the options that all functions take. */
export type StoragePlace = StorageSource | WorkspaceOptions | string

export interface MoveOptions {
  /** Where it is. Default: where sessions are kept. */
  readonly from?: StoragePlace
  readonly to: StoragePlace
  readonly onProgress?: (progress: MoveProgress) => void
}

/**
 * Moves a session to another storage, with its log, transcripts, files, inbox, budgets and costs; what it cost stays in
 * the ledger where it was as well. It is copied and checked, then it departs here, arrives there, and is deleted here: no two places can
 * ever drive it. Interrupted at any point, the same call finishes it.
 * @throws {PerdureError} `lease_held` while it is driven; `session_in_transit` when an interrupted move had another goal;
 *   `session_not_found`, `session_exists`, `storage_failed`.
 */
export async function moveSession(id: string, { from = {}, to, onProgress }: MoveOptions): Promise<MovedSession> {
  return withPlaces({ from, to }, (places) => places.move(id, onProgress))
}

export interface SessionMover {
  readonly from: WorkspaceStores
  move(id: string, onProgress?: (progress: MoveProgress) => void): Promise<MovedSession>
}

/** Opens both places once, for many sessions. What was opened by a URL is closed after it. */
export async function withPlaces<Result>(
  { from, to }: { from: StoragePlace; to: StoragePlace },
  work: (mover: SessionMover) => Promise<Result>,
): Promise<Result> {
  const opened: StorageSource[] = []
  const places = [from, to].map((place) => {
    if (typeof place !== 'string') return place
    const source = storageFromUrl(place)
    opened.push(source)
    return source
  })
  try {
    const [source, goal] = (await Promise.all(places.map((place) => openWorkspace(optionsOf(place))))) as [
      OpenWorkspace,
      OpenWorkspace,
    ]
    if (places[0] === places[1] || areSame(source, goal)) {
      throw new PerdureError('invalid_request', `The sessions are there already: ${nameOf(goal)}`)
    }
    const request = {
      from: source.stores,
      to: goal.stores,
      place: nameOf(goal),
      leaseOwner: ownerOfThisProcess,
      leaseTtlMs,
    }
    return await work({
      from: source.stores,
      move: async (id, onProgress) =>
        moveBetweenStores({ ...request, sessionId: parseId(id), ...(onProgress === undefined ? {} : { onProgress }) }),
    })
  } finally {
    await Promise.all(opened.map((source) => source.close()))
  }
}

const optionsOf = (place: StorageSource | WorkspaceOptions): WorkspaceOptions =>
  'open' in place ? { storage: place } : place

/** The same for every attempt. */
function nameOf({ description, stores }: OpenWorkspace): string {
  const { organizationId, workspaceId } = stores.scope
  const isDefault = organizationId === defaultScope.organizationId && workspaceId === defaultScope.workspaceId
  return isDefault ? description : `${description}, workspace ${organizationId}/${workspaceId}`
}

/** Two memories have one name. */
const areSame = (source: OpenWorkspace, goal: OpenWorkspace): boolean =>
  source.description !== 'memory' && nameOf(source) === nameOf(goal)

function parseId(id: string) {
  const parsed = sessionIdSchema.safeParse(id)
  if (parsed.success) return parsed.data
  throw new PerdureError('invalid_request', `This is ${parsed.error.issues[0]?.message}: ${id}`)
}
