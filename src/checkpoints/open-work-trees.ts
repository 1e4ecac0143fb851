import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, parse, resolve } from 'node:path'
import type { CheckpointId } from '../domain/checkpoint-id.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { CheckpointStore } from '../ports/checkpoint-store.ts'
import type { WorkspaceScope } from '../ports/storage.ts'
import type { RestoreWorkTreeOptions, WorkTree, WorkTreePlace, WorkTrees } from '../ports/work-tree.ts'
import type { SavePolicy } from '../domain/work-tree.ts'
import { shownPath } from './byte-string.ts'
import { defaultScanPolicy, type ScanPolicy } from './scan/scan-policy.ts'
import { fetchCheckpoint, sendCheckpoint, type Journey } from './travel/carry-checkpoint.ts'
import type { WorkTreeThread } from './worker/checkpoint-thread.ts'
import type { WorkTreeThreads } from './worker/work-tree-threads.ts'

export interface WorkTreesOptions {
  /** On a disk of this machine. It may be lost: the store has all that counts. */
  readonly folder: string
  /** Holds the folder, perhaps, and the storage: never saved, wherever it lies. */
  readonly dataDirectory: string
  /** Files and folders of the storage that may lie in a work tree; never saved either. */
  readonly ownPlaces?: readonly string[]
  readonly scope: WorkspaceScope
  readonly store: CheckpointStore
  /** Those of this process. */
  readonly threads: WorkTreeThreads
}

const defaultMaxFiles = 200_000

/**
 * The work trees of one workspace on this machine. All sessions that work in one folder share what is known of its files,
 * over all processes, so that a new session reads only what has changed.
 */
export function openWorkTrees(options: WorkTreesOptions): WorkTrees {
  const { folder, dataDirectory, ownPlaces = [], scope, store, threads } = options
  return {
    open: ({ sessionId, root }: WorkTreePlace) => {
      const place = resolve(root)
      const thread = async (): Promise<WorkTreeThread> => {
        const path = await realpath(place).catch(() => place)
        return threads.of({
          root: place,
          folder: join(folder, nameOf(scope, path)),
          ownPlaces: [dataDirectory, ...ownPlaces],
        })
      }
      return new LocalWorkTree({ root: place, dataDirectory, journey: { store, sessionId }, thread })
    },
  }
}

/** One folder is one work tree, by whatever name it was reached. */
const nameOf = ({ organizationId, workspaceId }: WorkspaceScope, root: string): string =>
  createHash('sha256')
    .update(JSON.stringify([organizationId, workspaceId, root]))
    .digest('hex')
    .slice(0, 32)

interface LocalPlace {
  readonly root: string
  readonly dataDirectory: string
  readonly journey: Journey
  readonly thread: () => Promise<WorkTreeThread>
}

class LocalWorkTree implements WorkTree {
  readonly #place: LocalPlace
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(place: LocalPlace) {
    this.#place = place
  }

  save({ parent, policy }: { parent: CheckpointId | null; policy?: SavePolicy }) {
    return this.#do(async (thread) => {
      await refuseWholeDisk(this.#place)
      const known = parent === null ? null : await this.#fetchedOrNull(thread, parent)
      const request = {
        policy: policy === undefined && known !== null ? await policyOf(thread, known) : scanPolicyOf(policy ?? {}),
        maxFiles: policy?.maxFiles ?? defaultMaxFiles,
        ...(known === null ? {} : { parent: known }),
      }
      const { id, isUnchanged, leftOut, leftOutCount } = await thread.ask('save', request)
      await sendCheckpoint(thread, id, this.#place.journey)
      return { id, isUnchanged, parent: known, leftOut: leftOut.map(shownPath), leftOutCount }
    })
  }

  rehearse(id: CheckpointId, options: RestoreWorkTreeOptions) {
    return this.#do(async (thread) => {
      const { known, ...request } = await this.#toRestore(thread, { target: id, ...options })
      const { id: now, isUnchanged, leftOut, leftOutCount } = await thread.ask('rehearse', request)
      await sendCheckpoint(thread, now, this.#place.journey)
      return { id: now, isUnchanged, parent: known, leftOut: leftOut.map(shownPath), leftOutCount }
    })
  }

  restore(id: CheckpointId, options: RestoreWorkTreeOptions) {
    return this.#do(async (thread) => {
      const { known: _known, ...request } = await this.#toRestore(thread, { target: id, ...options })
      const { safety, changes, leftAlone, warnings } = await thread.ask('restore', request)
      await sendCheckpoint(thread, safety, this.#place.journey)
      return { safety, changes, leftAlone: leftAlone.map(shownPath), warnings: warnings.map(shownPath) }
    })
  }

  changes(before: CheckpointId, after: CheckpointId, { limit }: { limit: number }) {
    return this.#do(async (thread) => {
      if (before === after) return { changes: [], more: 0 }
      for (const id of [before, after]) await fetchCheckpoint(thread, id, this.#place.journey)
      return thread.ask('diff', { before, after, limit })
    })
  }

  readText(id: CheckpointId, path: string) {
    return this.#do(async (thread) => {
      await fetchCheckpoint(thread, id, this.#place.journey)
      return thread.ask('readText', { id, path })
    })
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }

  async #do<Result>(operation: (thread: WorkTreeThread) => Promise<Result>): Promise<Result> {
    const work = this.#place.thread().then(operation)
    this.#underWay.add(work)
    try {
      return await work
    } finally {
      this.#underWay.delete(work)
    }
  }

  /** Brings here what is needed, and asks for it. */
  async #toRestore(
    thread: WorkTreeThread,
    { target, parent, ...options }: RestoreWorkTreeOptions & { target: CheckpointId },
  ) {
    await refuseWholeDisk(this.#place)
    await fetchCheckpoint(thread, target, this.#place.journey)
    const known = parent === null ? null : await this.#fetchedOrNull(thread, parent)
    return { known, target, ...options, ...(known === null ? {} : { parent: known }) }
  }

  /** Null for a checkpoint that is neither here nor in the storage: another one begins a history of its own. */
  async #fetchedOrNull(thread: WorkTreeThread, id: CheckpointId): Promise<CheckpointId | null> {
    try {
      await fetchCheckpoint(thread, id, this.#place.journey)
      return id
    } catch (error) {
      if (PerdureError.is(error) && error.code === 'checkpoint_not_found') return null
      throw error
    }
  }
}

const policyOf = async (thread: WorkTreeThread, id: CheckpointId): Promise<ScanPolicy> =>
  (await thread.ask('describe', id)).policy

function scanPolicyOf({ exclude = [], git, envFiles, maxFileBytes }: SavePolicy): ScanPolicy {
  return {
    excludedDirectories: [...new Set([...defaultScanPolicy.excludedDirectories, ...exclude])],
    git: git ?? defaultScanPolicy.git,
    envFiles: envFiles ?? defaultScanPolicy.envFiles,
    maxFileBytes: maxFileBytes ?? defaultScanPolicy.maxFileBytes,
  }
}

/** What nobody means as the files of one agent. @throws {PerdureError} `work_tree_unsuitable`. */
async function refuseWholeDisk({ root, dataDirectory }: LocalPlace): Promise<void> {
  const path = await realpath(root).catch(() => root)
  const places: [string, string][] = [
    [parse(path).root, 'the whole disk'],
    [homedir(), 'the home folder'],
    [dataDirectory, 'the data directory'],
  ]
  for (const [place, name] of places) {
    if (path !== (await realpath(place).catch(() => place))) continue
    throw new PerdureError('work_tree_unsuitable', `The agent works in ${name}, which is not saved: ${path}`)
  }
}
