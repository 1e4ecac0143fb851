import { PerdureError } from '../../errors/perdure-error.ts'
import type { EngineRun, RunFilter } from '../../ports/run-engine.ts'
import { openWorkspace } from '../open-workspace.ts'
import { openEngine, storageOfEngine } from './open-engine.ts'
import { engineIdOf, placeOfWords, runIdOf, sessionRunKind, sessionRunSchema, tenantOf } from './session-run.ts'
import { scopeOf, type TenantOptions } from './submit-run.ts'

export type { EngineRun } from '../../ports/run-engine.ts'

/** A run of the queue, in whatever state. @throws {PerdureError} `run_not_found`. */
export async function getRun(id: string, options: TenantOptions = {}): Promise<EngineRun> {
  const run = await (await openEngine(options)).status(engineIdOf(tenantOf(scopeOf(options)), id))
  if (run === null) throw new PerdureError('run_not_found', `No run of this id is known: ${id}`)
  return withOwnId(run)
}

/** The runs of a workspace, newest first. */
export async function listRuns(options: TenantOptions & Omit<RunFilter, 'tenant'> = {}): Promise<EngineRun[]> {
  const { status, limit } = options
  const runs = await (
    await openEngine(options)
  ).runs({
    tenant: tenantOf(scopeOf(options)),
    ...(status === undefined ? {} : { status }),
    ...(limit === undefined ? {} : { limit }),
  })
  return runs.map(withOwnId)
}

/**
 * Takes a run out of the queue, with what it was to say; ends one that is under way, wherever it runs. Does nothing to
 * one that has ended.
 * @throws {PerdureError} `run_not_found`.
 */
export async function cancelRun(id: string, options: TenantOptions = {}): Promise<EngineRun> {
  const scope = scopeOf(options)
  await getRun(id, options)
  await (await openEngine(options)).cancel(engineIdOf(tenantOf(scope), id))
  const run = await getRun(id, options)
  const words = run.kind === sessionRunKind ? sessionRunSchema.safeParse(run.input) : undefined
  if (run.status === 'cancelled' && words?.success === true) {
    const { stores } = await openWorkspace({ ...storageOfEngine(options), ...scope })
    const { sessionId, eventId } = placeOfWords(words.data, id)
    await stores.inbox.remove(sessionId, [eventId])
  }
  return run
}

const withOwnId = (run: EngineRun): EngineRun => ({ ...run, id: runIdOf(run.tenant, run.id) })
